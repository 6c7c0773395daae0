/** Reads partitions of a topic: record sets of the fetcher, handed out as batches that make their rows when asked. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { Logger, MetricScope } from '../../topology/contract/observability.ts'
import type { SourceReader, SourceRecord, SplitState } from '../../topology/contract/source.ts'
import { Batch } from '../../topology/element.ts'
import { partitionOfSplit } from '../../topology/partition-split.ts'
import type { KafkaFetcher, RecordSet } from './driver/driver.ts'
import { OffsetOutOfRange } from './errors.ts'
import { recordRows, valueBytesOf } from './record-rows.ts'

interface Split {
  readonly description: SplitState
  readonly partition: number
  /** The offset of the first record not yet emitted, or of what lies behind it and is no record. */
  position: number
  /** The first offset not read. */
  readonly stop: number
  /** Fetched and not emitted yet: of the first the records from `next` on. */
  readonly sets: RecordSet[]
  next: number
  isPaused: boolean
}

/** Milliseconds. */
const LAST_COMMIT_MS = 2_000

export interface KafkaReaderOptions {
  readonly topic: string
  readonly openFetcher: () => Promise<KafkaFetcher>
  readonly outOfRange: 'fail' | 'skip'
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: MetricScope
  /** Tells a consumer group how far complete checkpoints have got: for those who look, so it may fail. */
  readonly commit: (offsets: ReadonlyMap<number, number>) => Promise<void>
}

/** Positions are offsets; a fetched set goes out in batches, and splits take turns. */
export class KafkaReader implements SourceReader {
  readBytes = 0
  private readonly options: KafkaReaderOptions
  private readonly splits = new Map<number, Split>()
  private fetcher: KafkaFetcher | undefined
  /** Those that have something, in the order of their turns. */
  private turns: Split[] = []
  private waitingSets = 0
  private committing: Promise<void> | undefined

  constructor(options: KafkaReaderOptions) {
    this.options = options
  }

  async assign(splits: readonly SplitState[]): Promise<void> {
    const offsets = new Map<number, number>()
    for (const description of splits) {
      const { position, stop } = description
      const partition = partitionOfSplit(description)
      const split: Split = {
        description,
        partition,
        position: Number(position),
        stop: stop === undefined ? Number.POSITIVE_INFINITY : Number(stop),
        sets: [],
        next: 0,
        isPaused: false,
      }
      this.splits.set(partition, split)
      if (split.position < split.stop) offsets.set(partition, split.position)
    }
    this.fetcher ??= await this.options.openFetcher()
    this.fetcher.assign(offsets)
  }

  poll(maxRows: number): Batch<SourceRecord> | undefined {
    for (;;) {
      this.takeSets()
      const at = this.turns.findIndex(({ isPaused }) => !isPaused)
      if (at < 0) return undefined
      const [split] = this.turns.splice(at, 1) as [Split]
      const batch = this.emit(split, maxRows)
      if (split.sets.length > 0) this.turns.push(split)
      if (batch !== undefined) return batch
    }
  }

  pauseOrResume(pause: readonly string[], resume: readonly string[]): void {
    const partitions = (ids: readonly string[]) => {
      const found = [...this.splits.values()].filter(({ description }) => ids.includes(description.id))
      return found.map((split) => split.partition)
    }
    const [paused, resumed] = [partitions(pause), partitions(resume)]
    for (const partition of paused) this.splits.get(partition)!.isPaused = true
    for (const partition of resumed) this.splits.get(partition)!.isPaused = false
    if (paused.length > 0) this.fetcher?.pause(paused)
    if (resumed.length > 0) this.fetcher?.resume(resumed)
  }

  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const mayFind = this.turns.some(({ isPaused }) => !isPaused)
    return mayFind ? Promise.resolve() : this.fetcher!.wait(timeoutMs, signal)
  }

  atEnd(splitId: string): boolean {
    for (const { description, position, stop } of this.splits.values()) {
      if (description.id === splitId) return position >= stop
    }
    return false
  }

  snapshot(): readonly SplitState[] {
    return [...this.splits.values()]
      .map(({ description, position }) => ({ ...description, position: String(position) }))
      .sort((a, b) => a.index - b.index)
  }

  checkpointComplete(positions: readonly SplitState[]): void {
    const { metrics } = this.options
    const offsets = new Map(positions.map((split) => [partitionOfSplit(split), Number(split.position)]))
    for (const split of positions) {
      const progress = this.fetcher?.progress(partitionOfSplit(split))
      if (progress === undefined) continue
      const pending = Math.max(0, progress.highWatermark - Number(split.position))
      metrics.gauge('pending_records', { split: split.id }).set(pending)
    }
    // One at a time: while the cluster is slow, those of checkpoints in between are left out.
    if (offsets.size > 0) this.committing ??= this.commit(offsets)
  }

  async close(): Promise<void> {
    this.splits.clear()
    this.turns = []
    await this.lastCommit()
    await this.fetcher?.close()
  }

  /** What was last committed is worth a moment, and not more: an attempt that ends is waited for. */
  private async lastCommit(): Promise<void> {
    if (this.committing === undefined) return
    const { promise, resolve } = Promise.withResolvers<void>()
    using _timer = this.options.clock.schedule(LAST_COMMIT_MS, resolve)
    await Promise.race([this.committing, promise])
  }

  private async commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    try {
      await this.options.commit(offsets)
    } catch (error) {
      const { topic, logger } = this.options
      logger.warn({ event: 'group-offsets-failed', topic, err: error }, (error as Error).message)
    } finally {
      this.committing = undefined
    }
  }

  /** One set for each split at most: more would only wait here, beyond what the fetcher bounds. */
  private takeSets(): void {
    while (this.waitingSets < this.splits.size) {
      const set = this.take()
      if (set === undefined) return
      const split = this.splits.get(set.partition)!
      if (split.sets.push(set) === 1) this.turns.push(split)
      this.waitingSets++
    }
  }

  private take(): RecordSet | undefined {
    for (;;) {
      try {
        return this.fetcher!.take()
      } catch (error) {
        if (!(error instanceof OffsetOutOfRange) || !this.skip(error)) throw error
      }
    }
  }

  /** Goes on behind records that retention took, when that was chosen: counted, and said. */
  private skip({ partition, offset, logStartOffset, message }: OffsetOutOfRange): boolean {
    const { outOfRange, logger, metrics, topic } = this.options
    if (outOfRange === 'fail' || offset >= logStartOffset) return false
    const skipped = logStartOffset - offset
    logger.warn(
      { event: 'offsets-skipped', topic, partition, offset: String(offset), earliest: String(logStartOffset), skipped },
      `${message}; ${skipped} offsets are skipped`,
    )
    const split = this.splits.get(partition)!
    metrics.counter('records_skipped_total', { split: split.description.id }).add(skipped)
    // What was fetched before goes out first, and then moves on by itself.
    if (split.sets.length === 0) split.position = logStartOffset
    this.fetcher!.seek(partition, logStartOffset)
    return true
  }

  private emit(split: Split, maxRows: number): Batch<SourceRecord> | undefined {
    const { next } = split
    const set = split.sets[0]!
    const end = Math.min(set.length, next + maxRows, this.stopIndex(split, set))
    const isLast = end === set.length || set.offsets[end]! >= split.stop
    // Behind the last record of a set may lie some that are not for us: the end of a transaction, an aborted one.
    split.position = isLast ? Math.min(set.nextOffset, split.stop) : set.offsets[end]!
    split.next = isLast ? 0 : end
    if (isLast) this.passed(split)
    if (end === next) return undefined
    this.readBytes += valueBytesOf(set, next, end)
    return new Batch<SourceRecord>(recordRows(this.options.topic, set, next, end), {
      split: split.description.index,
      timestampsMs: set.timestampsMs.subarray(next, end),
    })
  }

  private passed(split: Split): void {
    const isAtEnd = split.position >= split.stop
    const dropped = split.sets.splice(0, isAtEnd ? split.sets.length : 1)
    this.waitingSets -= dropped.length
    if (isAtEnd) this.fetcher!.pause([split.partition])
  }

  /** The index of the first record that is not to be read. */
  private stopIndex({ stop }: Split, { offsets, length }: RecordSet): number {
    if (length === 0 || offsets[length - 1]! < stop) return length
    return offsets.findIndex((offset) => offset >= stop)
  }
}
