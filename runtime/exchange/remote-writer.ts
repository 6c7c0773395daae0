/** The near end of a channel whose reader is in another worker: keeps to the credit that the reader grants. */
import type { Element } from '../../topology/element.ts'
import type { FrameConnection } from '../transport/transport.ts'
import { type ChannelWriter, replaces } from './channel.ts'
import { encodeBatchFrames, encodeControl } from './data-frames.ts'

interface Waiting {
  readonly element: Element
  readonly frame: readonly Uint8Array[]
  readonly bytes: number
}

/**
 * Batches beyond the credit wait here, what a task made of one input element at most, and control elements behind them.
 * So a channel without credit holds back nobody else on the connection.
 */
export class RemoteWriter implements ChannelWriter {
  sentBytes = 0
  private readonly connection: FrameConnection
  private readonly channel: number
  private available: number
  private readonly waiting: Waiting[] = []
  private writable: (() => void)[] = []
  private released = false

  constructor(connection: FrameConnection, channel: number, capacityBytes: number) {
    this.connection = connection
    this.channel = channel
    this.available = capacityBytes
  }

  get hasCredit(): boolean {
    return this.released || (this.available > 0 && this.waiting.length === 0)
  }

  credit(): Promise<void> {
    return this.hasCredit ? Promise.resolve() : new Promise((resolve) => this.writable.push(resolve))
  }

  send(element: Element): void {
    if (this.released) return
    if (element.kind === 'batch') {
      for (const frame of encodeBatchFrames(this.channel, element)) {
        const bytes = sizeOf(frame)
        this.waiting.push({ element, frame, bytes })
        this.sentBytes += bytes
      }
    } else {
      const last = this.waiting.at(-1)
      if (last !== undefined && replaces(element, last.element)) this.waiting.pop()
      this.waiting.push({ element, frame: encodeControl(this.channel, element), bytes: 0 })
    }
    this.flush()
  }

  /** The reader has taken so many bytes. */
  grant(bytes: number): void {
    this.available += bytes
    this.flush()
    if (this.hasCredit) this.resume()
  }

  get length(): number {
    return this.waiting.length
  }

  release(): void {
    this.released = true
    this.waiting.length = 0
    this.resume()
  }

  private flush(): void {
    let sent = 0
    for (const { frame, bytes } of this.waiting) {
      if (bytes > 0 && this.available <= 0) break
      this.available -= bytes
      this.connection.send(...frame)
      sent++
    }
    if (sent > 0) this.waiting.splice(0, sent)
  }

  private resume(): void {
    const waiting = this.writable
    this.writable = []
    for (const resume of waiting) resume()
  }
}

/** What a frame counts for at both ends: the bytes of its batch. */
function sizeOf(frame: readonly Uint8Array[]): number {
  let bytes = 0
  for (const part of frame) bytes += part.byteLength
  return bytes
}
