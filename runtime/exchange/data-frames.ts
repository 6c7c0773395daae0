/**
 * What travels between two workers on one connection, in frames. Part of the exchange protocol, version 1.
 *
 * ```text
 * frame    = u8 kind, 3 bytes 0, u32 channel (little endian), body     eight bytes, so that columns stay aligned
 * kind 0   hello       JSON: who connects, to which attempt; the first frame of a connection, channel 0
 * kind 1   batch       see frame/layout.ts
 * kind 2   watermark   f64 timestampMs
 * kind 3   idle
 * kind 4   barrier     u64 epoch, u64 checkpointId, f64 triggeredAtMs
 * kind 5   end         u8 drain
 * kind 6   credit      u32 bytes: the only kind that goes against the stream
 * ```
 *
 * Foreign hosts speak to a stage in the same frames (../stage-server/PROTOCOL.md), with kinds of their own from 16 on: what
 * changes here is a new version there.
 */
import type { Batch, Element } from '../../topology/element.ts'
import { isSluiceError, SluiceError } from '../../topology/errors.ts'
import { pickRows } from '../../topology/selection.ts'
import { decodeBatch } from './frame/decode-batch.ts'
import { encodeBatch } from './frame/encode-batch.ts'

export const FrameKind = { hello: 0, batch: 1, watermark: 2, idle: 3, barrier: 4, end: 5, credit: 6 } as const

export const FRAME_HEADER_BYTES = 8

/** Who connects. */
export interface DataHello {
  readonly worker: string
  /** The worker that is meant, and the attempt: whoever is another closes the connection. */
  readonly to: string
  readonly epoch: string
  readonly token: string
}

export function frameOf(kind: number, channel: number, bodyBytes: number): DataView<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(FRAME_HEADER_BYTES + bodyBytes))
  view.setUint8(0, kind)
  view.setUint32(4, channel, true)
  return view
}

export function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

export function encodeHello(hello: DataHello): Uint8Array {
  return Buffer.concat([bytesOf(frameOf(FrameKind.hello, 0, 0)), Buffer.from(JSON.stringify(hello))])
}

export function encodeCredit(channel: number, bytes: number): Uint8Array {
  const frame = frameOf(FrameKind.credit, channel, 4)
  frame.setUint32(FRAME_HEADER_BYTES, bytes, true)
  return bytesOf(frame)
}

/**
 * The frames of a batch, each in parts: one, or as many as it takes for each to fit.
 * @throws {SluiceError} `VALUE_NOT_TRANSPORTABLE`, and `FRAME_TOO_LARGE` for a single row
 */
export function encodeBatchFrames(channel: number, batch: Batch): readonly (readonly Uint8Array[])[] {
  try {
    return [[bytesOf(frameOf(FrameKind.batch, channel, 0)), encodeBatch(batch)]]
  } catch (error) {
    if (!isSluiceError(error, 'FRAME_TOO_LARGE') || batch.length < 2) throw error
    const half = batch.length >> 1
    const rows = Array.from({ length: batch.length }, (_, row) => row)
    return [rows.slice(0, half), rows.slice(half)].flatMap((picked) =>
      encodeBatchFrames(channel, pickRows(batch, picked)),
    )
  }
}

/** The frame of a control element. */
export function encodeControl(channel: number, element: Exclude<Element, Batch>): readonly Uint8Array[] {
  switch (element.kind) {
    case 'watermark': {
      const frame = frameOf(FrameKind.watermark, channel, 8)
      frame.setFloat64(FRAME_HEADER_BYTES, element.timestampMs, true)
      return [bytesOf(frame)]
    }
    case 'idle':
      return [bytesOf(frameOf(FrameKind.idle, channel, 0))]
    case 'barrier': {
      const frame = frameOf(FrameKind.barrier, channel, 24)
      frame.setBigUint64(FRAME_HEADER_BYTES, element.epoch, true)
      frame.setBigUint64(FRAME_HEADER_BYTES + 8, element.checkpointId, true)
      frame.setFloat64(FRAME_HEADER_BYTES + 16, element.triggeredAtMs, true)
      return [bytesOf(frame)]
    }
    case 'end': {
      const frame = frameOf(FrameKind.end, channel, 1)
      frame.setUint8(FRAME_HEADER_BYTES, element.drain ? 1 : 0)
      return [bytesOf(frame)]
    }
  }
}

/** @throws {SluiceError} `FRAME_CORRUPT` */
export function decodeElement(kind: number, frame: Uint8Array): Element {
  const body = new DataView(frame.buffer, frame.byteOffset + FRAME_HEADER_BYTES, frame.byteLength - FRAME_HEADER_BYTES)
  switch (kind) {
    case FrameKind.batch:
      return decodeBatch(frame.subarray(FRAME_HEADER_BYTES))
    case FrameKind.watermark:
      return { kind: 'watermark', timestampMs: body.getFloat64(0, true) }
    case FrameKind.idle:
      return { kind: 'idle' }
    case FrameKind.barrier:
      return {
        kind: 'barrier',
        epoch: body.getBigUint64(0, true),
        checkpointId: body.getBigUint64(8, true),
        triggeredAtMs: body.getFloat64(16, true),
      }
    case FrameKind.end:
      return { kind: 'end', drain: body.getUint8(0) === 1 }
  }
  throw new SluiceError('FRAME_CORRUPT', `there is no kind of frame ${kind}`)
}

/** The channel that a frame belongs to. @throws {SluiceError} `FRAME_CORRUPT` */
export function channelOf(frame: Uint8Array): number {
  if (frame.length < FRAME_HEADER_BYTES) throw new SluiceError('FRAME_CORRUPT', `a frame of ${frame.length} bytes`)
  return new DataView(frame.buffer, frame.byteOffset).getUint32(4, true)
}
