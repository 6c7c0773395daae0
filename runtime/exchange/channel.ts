/**
 * A channel between two tasks: batches under credit, control elements free and never overtaking.
 *
 * Credit is counted in bytes. A sender asks before it sends; one that may not waits for `credit()`, and so, through its
 * own inputs, does everything before it up to the source. One batch beyond the credit may be on the way, and what a task
 * makes of one input element goes out whole.
 */
import type { Batch, Element } from '../../topology/element.ts'

/** The end a task sends into. */
export interface ChannelWriter {
  /** Whether a batch may be sent now. */
  readonly hasCredit: boolean
  /** Resolves when a batch may be sent. */
  credit(): Promise<void>
  send(element: Element): void
  /** Elements that were sent and have not left. */
  readonly length: number
  /** Bytes of all batches that were sent, as they count for credit. */
  readonly sentBytes: number
  /** The attempt ends: nobody will take what is on the way, so nobody shall wait for it. */
  release(): void
}

/** The end a task takes from. */
export interface ChannelReader {
  /** The oldest element. */
  take(): Element | undefined
  /** Elements on the way. */
  readonly length: number
  /** Bytes of all batches that were taken, as they count for credit. */
  readonly takenBytes: number
  /** Calls `listener` whenever something arrives. One reader. */
  onReadable(listener: () => void): void
}

export interface ChannelOptions {
  /** How much may be on the way. @default 4 MiB */
  readonly capacityBytes?: number
  /** Told how many bytes of batches a reader has taken: for the credit of a sender that is not here. */
  readonly onTaken?: (bytes: number) => void
}

/** A guess at a row's size, for batches of row objects: what they hold on to is their payload and a few fields. */
const ROW_BYTES = 256

/** Both ends in one place. */
export class Channel implements ChannelWriter, ChannelReader {
  sentBytes = 0
  private readonly capacityBytes: number
  private readonly onTaken: ((bytes: number) => void) | undefined
  private readonly queue: Element[] = []
  /** Of each queued element; 0 for control elements. */
  private readonly sizes: number[] = []
  private head = 0
  private queuedBytes = 0
  private readable: (() => void) | undefined
  private writable: (() => void)[] = []
  private released = false

  constructor({ capacityBytes = 4 << 20, onTaken }: ChannelOptions = {}) {
    this.capacityBytes = capacityBytes
    this.onTaken = onTaken
  }

  get hasCredit(): boolean {
    return this.released || this.queuedBytes < this.capacityBytes
  }

  credit(): Promise<void> {
    return this.hasCredit ? Promise.resolve() : new Promise((resolve) => this.writable.push(resolve))
  }

  /** @param bytes what a batch counts for. @default a guess by its rows */
  send(element: Element, bytes = element.kind === 'batch' ? bytesOf(element) : 0): void {
    if (this.length > 0 && replaces(element, this.queue.at(-1)!)) {
      this.queue[this.queue.length - 1] = element
    } else {
      this.queue.push(element)
      this.sizes.push(bytes)
    }
    this.queuedBytes += bytes
    this.sentBytes += bytes
    this.readable?.()
  }

  take(): Element | undefined {
    const element = this.queue[this.head]
    if (element === undefined) return undefined
    const bytes = this.sizes[this.head]!
    this.queue[this.head] = undefined as unknown as Element
    if (++this.head > 64 && this.head * 2 > this.queue.length) {
      this.queue.splice(0, this.head)
      this.sizes.splice(0, this.head)
      this.head = 0
    }
    if (bytes > 0) {
      this.queuedBytes -= bytes
      this.onTaken?.(bytes)
      if (this.hasCredit) this.resumeWriters()
    }
    return element
  }

  release(): void {
    this.released = true
    this.resumeWriters()
  }

  onReadable(listener: () => void): void {
    this.readable = listener
  }

  get length(): number {
    return this.queue.length - this.head
  }

  get takenBytes(): number {
    return this.sentBytes - this.queuedBytes
  }

  private resumeWriters(): void {
    const waiting = this.writable
    this.writable = []
    for (const resume of waiting) resume()
  }
}

/**
 * Watermarks take no credit, and filters may leave nothing else: of those in a row the last says all. Only +∞ does not
 * tell the last real one.
 */
export function replaces(element: Element, last: Element): boolean {
  return isRealWatermark(element) && isRealWatermark(last)
}

function isRealWatermark(element: Element): boolean {
  return element.kind === 'watermark' && Number.isFinite(element.timestampMs)
}

function bytesOf(batch: Batch): number {
  return batch.length * ROW_BYTES
}
