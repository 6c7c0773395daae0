/**
 * A channel between two tasks of one process: batches under credit, control elements free and never overtaking.
 *
 * Credit is counted in bytes. A sender asks before it sends; one that may not waits for `credit()`, and so, through its
 * own inputs, does everything before it up to the source.
 */
import type { Batch, Element } from '../../topology/element.ts'

/** A guess at a row's size, for batches of row objects: what they hold on to is their payload and a few fields. */
const ROW_BYTES = 256

export class Channel {
  private readonly capacityBytes: number
  private readonly queue: Element[] = []
  private head = 0
  private queuedBytes = 0
  private readable: (() => void) | undefined
  private writable: (() => void)[] = []
  private released = false

  /** @param capacityBytes how much may be on the way. @default 4 MiB */
  constructor(capacityBytes = 4 << 20) {
    this.capacityBytes = capacityBytes
  }

  /** Whether a batch may be sent now. */
  get hasCredit(): boolean {
    return this.released || this.queuedBytes < this.capacityBytes
  }

  /** Resolves when a batch may be sent. */
  credit(): Promise<void> {
    return this.hasCredit ? Promise.resolve() : new Promise((resolve) => this.writable.push(resolve))
  }

  send(element: Element): void {
    if (this.replacesLast(element)) this.queue[this.queue.length - 1] = element
    else this.queue.push(element)
    if (element.kind === 'batch') this.queuedBytes += bytesOf(element)
    this.readable?.()
  }

  /** The oldest element. */
  take(): Element | undefined {
    const element = this.queue[this.head]
    if (element === undefined) return undefined
    this.queue[this.head] = undefined as unknown as Element
    if (++this.head > 64 && this.head * 2 > this.queue.length) {
      this.queue.splice(0, this.head)
      this.head = 0
    }
    if (element.kind === 'batch') {
      this.queuedBytes -= bytesOf(element)
      if (this.hasCredit) this.resumeWriters()
    }
    return element
  }

  /** The attempt ends: nobody will take what is on the way, so nobody shall wait for it. */
  release(): void {
    this.released = true
    this.resumeWriters()
  }

  /** Calls `listener` whenever something arrives. One reader. */
  onReadable(listener: () => void): void {
    this.readable = listener
  }

  /** Elements on the way. */
  get length(): number {
    return this.queue.length - this.head
  }

  /**
   * Watermarks take no credit, and filters may leave nothing else: of those in a row the last says all. Only +∞ does not
   * tell the last real one.
   */
  private replacesLast(element: Element): boolean {
    return this.length > 0 && isRealWatermark(element) && isRealWatermark(this.queue.at(-1)!)
  }

  private resumeWriters(): void {
    const waiting = this.writable
    this.writable = []
    for (const resume of waiting) resume()
  }
}

function isRealWatermark(element: Element): boolean {
  return element.kind === 'watermark' && Number.isFinite(element.timestampMs)
}

function bytesOf(batch: Batch): number {
  return batch.length * ROW_BYTES
}
