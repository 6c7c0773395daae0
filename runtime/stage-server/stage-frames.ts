/**
 * The frames of the stage protocol, version 1: PROTOCOL.md describes every byte of them. Elements and credit are those of
 * ../exchange/data-frames.ts; the kinds below are what a stage and its host say beside them.
 */
import { bytesOf, FRAME_HEADER_BYTES, frameOf } from '../exchange/data-frames.ts'

/** The greatest version spoken here. */
export const STAGE_PROTOCOL_VERSION = 1

export const StageKind = {
  welcome: 16,
  open: 17,
  chunk: 18,
  stored: 19,
  opened: 20,
  snapshot: 21,
  declined: 22,
  complete: 23,
  abort: 24,
  time: 25,
  metrics: 26,
  close: 27,
  closed: 28,
  failed: 29,
} as const

/** In place of a split: what is said of a source as a whole. */
export const WHOLE_SOURCE = 0xffff_ffff

/** Batches that a host may have on the way, bytes. */
export const CREDIT_BYTES = 4 << 20

/** The frame of a message that is JSON, or of one that says nothing but its kind. */
export function messageFrame(kind: number, message?: object): readonly Uint8Array[] {
  const header = bytesOf(frameOf(kind, 0, 0))
  return message === undefined ? [header] : [header, Buffer.from(JSON.stringify(message))]
}

export function bodyOf(frame: Uint8Array): Uint8Array {
  return frame.subarray(FRAME_HEADER_BYTES)
}
