/** A host's end of the stage protocol: sends frames, and sorts what comes back. */
import {
  bytesOf,
  channelOf,
  decodeElement,
  encodeBatchFrames,
  encodeControl,
  FRAME_HEADER_BYTES,
  FrameKind,
  frameOf,
} from '../../../../runtime/exchange/data-frames.ts'
import { bodyOf, messageFrame, StageKind } from '../../../../runtime/stage-server/stage-frames.ts'
import { describedChunk, splitDescribed } from '../../../../runtime/state/described-chunk.ts'
import type { FrameConnection, Transport } from '../../../../runtime/transport/transport.ts'
import type { StateChunk } from '../../../../topology/contract/stage.ts'
import type { Element } from '../../../../topology/element.ts'

export interface ReceivedChunk extends StateChunk {
  readonly checkpointId: string
  readonly chunk: number
  readonly sha256: string
}

export interface Received {
  readonly kind: number
  readonly channel: number
  /** Of messages in JSON. */
  readonly message?: any
  readonly element?: Element
  readonly chunk?: ReceivedChunk
  readonly credit?: number
}

/** The frame of an element that fits into one, in parts. */
export function elementFrame(channel: number, element: Element): readonly Uint8Array[] {
  return element.kind === 'batch' ? encodeBatchFrames(channel, element)[0]! : encodeControl(channel, element)
}

export class StageClient {
  /** Everything that came, in order. */
  readonly received: Received[] = []
  /** Resolves when the connection is closed. */
  readonly closed: Promise<Error | undefined>
  private readonly connection: FrameConnection
  private changed = Promise.withResolvers<void>()
  private isClosed = false
  /** Called for everything that comes. */
  onReceived: (received: Received) => void = () => {}

  static async connect(transport: Transport, address: string): Promise<StageClient> {
    return new StageClient(await transport.connect(address))
  }

  constructor(connection: FrameConnection) {
    this.connection = connection
    connection.onFrame((frame) => this.receive(frame))
    this.closed = new Promise((resolve) =>
      connection.onClose((error) => {
        this.isClosed = true
        resolve(error)
        this.changed.resolve()
      }),
    )
  }

  /** Any bytes as a frame. */
  raw(...parts: readonly Uint8Array[]): void {
    this.connection.send(...parts)
  }

  say(kind: number, message?: object): void {
    this.connection.send(...messageFrame(kind, message))
  }

  numbers(kind: number, channel: number, bytes: number, write: (view: DataView) => void): void {
    const frame = frameOf(kind, channel, bytes)
    write(new DataView(frame.buffer, FRAME_HEADER_BYTES))
    this.connection.send(bytesOf(frame))
  }

  element(channel: number, element: Element): number {
    const parts = elementFrame(channel, element)
    this.connection.send(...parts)
    return parts.reduce((sum, part) => sum + part.byteLength, 0)
  }

  credit(output: number, bytes: number): void {
    this.numbers(FrameKind.credit, output, 4, (view) => view.setUint32(0, bytes, true))
  }

  stored(checkpointId: bigint, chunk: number): void {
    this.numbers(StageKind.stored, 0, 12, (view) => {
      view.setBigUint64(0, checkpointId, true)
      view.setUint32(8, chunk, true)
    })
  }

  checkpoint(kind: typeof StageKind.complete | typeof StageKind.abort, checkpointId: bigint): void {
    this.numbers(kind, 0, 8, (view) => view.setBigUint64(0, checkpointId, true))
  }

  time(nowMs: number): void {
    this.numbers(StageKind.time, 0, 8, (view) => view.setFloat64(0, nowMs, true))
  }

  chunk({ bytes, ...description }: StateChunk): void {
    this.connection.send(...messageFrame(StageKind.chunk), ...describedChunk(description, bytes))
  }

  close(): void {
    this.connection.close()
  }

  /** What `find` finds first, once it is there. @throws when the connection closes without it */
  async waitFor<T>(find: (received: readonly Received[]) => T | undefined): Promise<T> {
    for (;;) {
      const found = find(this.received)
      if (found !== undefined) return found
      if (this.isClosed) throw new Error(`closed after ${JSON.stringify(this.received.at(-1))}`)
      await this.changed.promise
      this.changed = Promise.withResolvers()
    }
  }

  /** The message of a kind, once it is there. */
  message(kind: number): Promise<any> {
    return this.waitFor((received) => {
      const found = received.find((each) => each.kind === kind)
      return found && (found.message ?? {})
    })
  }

  private receive(frame: Uint8Array): void {
    const received = read(frame)
    this.received.push(received)
    this.onReceived(received)
    this.changed.resolve()
  }
}

function read(frame: Uint8Array): Received {
  const kind = frame[0]!
  const channel = channelOf(frame)
  const body = bodyOf(frame)
  if (kind === FrameKind.credit) return { kind, channel, credit: Buffer.from(body).readUInt32LE() }
  if (kind < FrameKind.credit) return { kind, channel, element: decodeElement(kind, frame) }
  if (kind === StageKind.chunk) {
    const { description, bytes } = splitDescribed(body)
    return { kind, channel, chunk: { ...JSON.parse(description), bytes: new Uint8Array(bytes) } }
  }
  return { kind, channel, ...(body.length > 0 && { message: JSON.parse(Buffer.from(body).toString()) }) }
}
