/** A source: splits that the coordinator deals out, and readers that read them from a position in a checkpoint. */
import type { Batch } from '../element.ts'
import type { Json } from '../json.ts'
import type { Clock } from './clock.ts'
import type { Logger, MetricScope } from './observability.ts'
import type { RecordHeader } from './topic.ts'

/** One record of a topic as it was received. */
export interface SourceRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** The log's own timestamp of the record, milliseconds since the epoch. */
  readonly timestampMs: number
  readonly key: Uint8Array | null
  /** Null: a tombstone. */
  readonly value: Uint8Array | null
  /** In order; absent when it has none. */
  readonly headers?: readonly RecordHeader[] | undefined
}

/** A part of a source that is read in order by one reader: a partition, a file. */
export interface SplitDescription {
  /** Unique within the source and stable across attempts: it names the split's position in a checkpoint. */
  readonly id: string
  /** Small and dense: what batches and watermarks carry. A split keeps the one it was first dealt out with. */
  readonly index: number
  /** Where to begin when no checkpoint says otherwise. */
  readonly start: Json
  /** Where to stop: the first position not read. Absent: never. */
  readonly stop?: Json
  /**
   * Nothing ever comes behind `stop`, also in later runs: once it is reached, the split holds the watermark back no more.
   *
   * @default false: it goes on from there in another run
   */
  readonly isFinal?: boolean
}

export interface SplitState extends SplitDescription {
  /**
   * The position of the first record *not yet emitted*. A restored reader begins with exactly that record: off by one
   * here means one lost or one doubled.
   */
  readonly position: Json
}

export interface SourceReader {
  /** Bytes of the record values in all batches that were polled. @default not counted */
  readonly readBytes?: number
  /** Takes over splits; called once before the first poll, and again when the coordinator deals out more. */
  assign(splits: readonly SplitState[]): Promise<void>
  /**
   * The next batch (all rows of one split, at most `maxRows`), or undefined when there is nothing right now. Where the
   * source knows when it took its records in, these are the batch's event times, until the job assigns others.
   * Readers take turns among their splits, so that none runs ahead in event time.
   */
  poll(maxRows: number): Batch<SourceRecord> | undefined | Promise<Batch<SourceRecord> | undefined>
  /**
   * Polls give nothing more of the first, until they are among the second: they are ahead of others in event time. Left
   * out, the reader is polled no more once all of its splits are ahead.
   */
  pauseOrResume?(pause: readonly string[], resume: readonly string[]): void
  /** Resolves when a poll may find something, or after `timeoutMs`. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void>
  /** Whether the split has reached its stop position (by position, not by last record). */
  atEnd(splitId: string): boolean
  /** Positions after the last polled batch; synchronous, called at a barrier. */
  snapshot(): readonly SplitState[]
  /** Positions that a complete checkpoint holds: for monitoring (lag, group offsets) only. */
  checkpointComplete?(positions: readonly SplitState[]): void
  close(): Promise<void>
}

export interface ReaderContext {
  readonly job: string
  readonly uid: string
  readonly subtask: number
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: MetricScope
}

/** A place in every split: the first record of that time or later, or of that offset. */
export type SplitPlace = { readonly timestampMs: number } | { readonly offset: bigint }

/** Where a consumer group has got in every split: for a job that takes over from consumers which are no jobs. */
export interface GroupPlace {
  readonly group: string
}

/** Where a source begins that no checkpoint tells, and where it ends. */
export interface SourceBounds {
  readonly from?: 'earliest' | 'latest' | SplitPlace | GroupPlace
  /** The first record not read. `latest`, and what lies behind it: stop at the offsets that are latest now. */
  readonly until?: 'latest' | SplitPlace
}

/** Delivery: exactly once together with checkpoints, since positions live in them. */
export interface Source {
  /**
   * How often the coordinator looks for splits that are new, milliseconds, and deals them out to running readers. They
   * begin at their earliest position.
   *
   * @default never: the splits are those there are when an attempt begins
   */
  readonly discoveryIntervalMs?: number
  /** The splits there are now, with their bounds resolved to positions. */
  discoverSplits(bounds: SourceBounds): Promise<readonly SplitDescription[]>
  createReader(context: ReaderContext): SourceReader
  close(): Promise<void>
}
