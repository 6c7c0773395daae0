/** A source of a job under test: what a test pushes into it is what the job reads. */
import type { SourceRecord } from '../../topology/contract/source.ts'
import type { RecordHeader } from '../../topology/contract/topic.ts'
import { Batch, type BatchAttributes, type Element, MAX_WATERMARK_MS } from '../../topology/element.ts'
import type { TimelineEvent, TimelineTarget } from './timeline.ts'

export interface PushOptions {
  /** The split the rows are read from. @default 0 */
  readonly split?: number
  /** When they were written, milliseconds since the epoch: the log's own time, not event time. @default the clock's */
  readonly timestampMs?: number
}

/** A record as somebody else might have written it. */
export interface RawRecord {
  /** Bytes, or text that is encoded as UTF-8; null: a tombstone. */
  readonly value: Uint8Array | string | null
  /** @default null */
  readonly key?: Uint8Array | string | null
  /** @default none */
  readonly headers?: readonly RecordHeader[]
  /** @default that of the push */
  readonly timestampMs?: number
}

export interface TestSourceOptions {
  readonly name: string
  /** Of a topic: from a row to the bytes that are read. Left out, rows are read as they are. */
  readonly encode: ((row: any) => Uint8Array) | undefined
  /** By split: how many records it has had, which is the offset of the next one. */
  readonly positions: Map<number, number>
  readonly push: (element: Element) => void
  readonly advance: (timestampMs: number) => void
  readonly nowMs: () => number
}

export class TestSource<T> implements TimelineTarget<T> {
  /** That of its topic, or of the source. */
  readonly name: string
  private readonly options: TestSourceOptions

  /** @internal */
  constructor(options: TestSourceOptions) {
    this.options = options
    this.name = options.name
  }

  /** The job reads these rows, in one batch; a topic's as the bytes that its schema makes of them. */
  push(rows: T | readonly T[], options: PushOptions = {}): this {
    const all = (Array.isArray(rows) ? rows : [rows]) as readonly T[]
    const { encode } = this.options
    if (encode === undefined) return this.batch(all, { split: options.split ?? 0 })
    return this.raw(
      all.map((row) => ({ value: encode(row) })),
      options,
    )
  }

  /** The job reads these records from its topic, valid or not, in one batch. */
  raw(records: readonly RawRecord[], { split = 0, timestampMs = this.options.nowMs() }: PushOptions = {}): this {
    const received = records.map((record, index): SourceRecord => {
      const { value, key = null, headers } = record
      return {
        topic: this.name,
        partition: split,
        offset: BigInt((this.options.positions.get(split) ?? 0) + index),
        timestampMs: record.timestampMs ?? timestampMs,
        key: typeof key === 'string' ? Buffer.from(key) : key,
        value: typeof value === 'string' ? Buffer.from(value) : value,
        headers,
      }
    })
    // A topic knows when it took its records in: their event times, until the job assigns others.
    return this.batch(received, { split, timestampsMs: Float64Array.from(received, (record) => record.timestampMs) })
  }

  /** Gives the job a batch as it is: for rows of a source of the job's own, with event times, or keys of their own. */
  batch(rows: readonly unknown[], attributes: BatchAttributes = {}): this {
    const split = attributes.split ?? 0
    this.options.positions.set(split, (this.options.positions.get(split) ?? 0) + rows.length)
    this.options.push(new Batch(rows, attributes))
    return this
  }

  /**
   * No record from before `timestampMs` comes any more: brings what reads this source to that watermark, behind the
   * operator that assigns event time where there is one.
   */
  advanceWatermark(timestampMs: number): this {
    this.options.advance(timestampMs)
    return this
  }

  /** The source has nothing for now, on this split or on all: others are not held back by it until its next record. */
  idle(split?: number): this {
    this.options.push({ kind: 'idle', ...(split !== undefined && { split }) })
    return this
  }

  /** What a timeline has in this place: see `timeline` and `play`. */
  happen(event: TimelineEvent<T>): this {
    if (event.kind === 'record') return this.push([event.row], { timestampMs: event.atMs })
    if (event.kind === 'watermark') return this.advanceWatermark(event.atMs)
    return this.end()
  }

  /** Nothing comes any more. @param drain whether windows are closed by a watermark of +∞ before. @default true */
  end({ drain = true }: { readonly drain?: boolean } = {}): this {
    if (drain) this.options.push({ kind: 'watermark', timestampMs: MAX_WATERMARK_MS })
    this.options.push({ kind: 'end', drain })
    return this
  }

  /** Says an element as it is, in the place of the source. */
  send(element: Element): this {
    this.options.push(element)
    return this
  }
}
