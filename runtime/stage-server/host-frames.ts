/** Reads what a host sends. */
import { createHash } from 'node:crypto'
import type { StateChunk } from '../../topology/contract/stage.ts'
import type { Element } from '../../topology/element.ts'
import { channelOf, decodeElement, FRAME_HEADER_BYTES, FrameKind } from '../exchange/data-frames.ts'
import { splitDescribed } from '../state/described-chunk.ts'
import { ChunkDescription, Hello, Open, parseMessage } from './host-messages.ts'
import { protocolError } from './protocol-error.ts'
import { bodyOf, StageKind } from './stage-frames.ts'

export type HostFrame =
  | { readonly type: 'hello'; readonly hello: Hello }
  | { readonly type: 'open'; readonly open: Open }
  | { readonly type: 'chunk'; readonly chunk: StateChunk; readonly bytes: number }
  | { readonly type: 'element'; readonly channel: number; readonly element: Element; readonly bytes: number }
  | { readonly type: 'credit'; readonly output: number; readonly bytes: number }
  | { readonly type: 'stored'; readonly checkpointId: bigint; readonly chunk: number }
  | { readonly type: 'complete' | 'abort'; readonly checkpointId: bigint }
  | { readonly type: 'time'; readonly nowMs: number }
  | { readonly type: 'metrics' | 'close' }

/** @throws {SluiceError} `FRAME_CORRUPT`, `STAGE_PROTOCOL` */
export function readHostFrame(frame: Uint8Array): HostFrame {
  const channel = channelOf(frame)
  const kind = frame[0]!
  switch (kind) {
    case FrameKind.hello:
      return { type: 'hello', hello: parseMessage('hello', Hello, textOf(frame)) }
    case FrameKind.batch:
      return { type: 'element', channel, element: decodeElement(kind, frame), bytes: frame.byteLength }
    case FrameKind.watermark:
    case FrameKind.idle:
    case FrameKind.barrier:
    case FrameKind.end:
      return { type: 'element', channel, element: readControl(kind, frame), bytes: 0 }
    case FrameKind.credit:
      return { type: 'credit', output: channel, bytes: body(frame, 4).getUint32(0, true) }
    case StageKind.open:
      return { type: 'open', open: parseMessage('open', Open, textOf(frame)) }
    case StageKind.chunk:
      return { type: 'chunk', chunk: readChunk(frame), bytes: frame.byteLength }
    case StageKind.stored: {
      const view = body(frame, 12)
      return { type: 'stored', checkpointId: view.getBigUint64(0, true), chunk: view.getUint32(8, true) }
    }
    case StageKind.complete:
      return { type: 'complete', checkpointId: body(frame, 8).getBigUint64(0, true) }
    case StageKind.abort:
      return { type: 'abort', checkpointId: body(frame, 8).getBigUint64(0, true) }
    case StageKind.time:
      return { type: 'time', nowMs: finite(body(frame, 8).getFloat64(0, true)) }
    case StageKind.metrics:
      return { type: 'metrics' }
    case StageKind.close:
      return { type: 'close' }
  }
  throw protocolError(`no host sends frames of kind ${kind}`)
}

const CONTROL_BYTES: Readonly<Record<number, number>> = {
  [FrameKind.watermark]: 8,
  [FrameKind.idle]: 0,
  [FrameKind.barrier]: 24,
  [FrameKind.end]: 1,
}

function readControl(kind: number, frame: Uint8Array): Element {
  body(frame, CONTROL_BYTES[kind]!)
  const element = decodeElement(kind, frame)
  if (element.kind === 'watermark' && Number.isNaN(element.timestampMs)) throw protocolError('its watermark is NaN')
  return element
}

function readChunk(frame: Uint8Array): StateChunk {
  const { description, bytes } = splitDescribed(bodyOf(frame))
  const { sha256, ...chunk } = parseMessage('chunk', ChunkDescription, description)
  if (sha256 !== undefined && sha256 !== sha256Of(bytes)) {
    throw protocolError(`the chunk of state ${chunk.state} of ${chunk.uid} has not the bytes that its sha256 tells`)
  }
  return { ...chunk, bytes }
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The body, which has to have so many bytes. */
function body(frame: Uint8Array, byteLength: number): DataView {
  const found = frame.byteLength - FRAME_HEADER_BYTES
  if (found !== byteLength) throw protocolError(`a frame of kind ${frame[0]} has ${found} bytes, not ${byteLength}`)
  return new DataView(frame.buffer, frame.byteOffset + FRAME_HEADER_BYTES, byteLength)
}

function textOf(frame: Uint8Array): string {
  const bytes = bodyOf(frame)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
}

function finite(nowMs: number): number {
  if (!Number.isFinite(nowMs)) throw protocolError(`its time is ${nowMs}`)
  return nowMs
}
