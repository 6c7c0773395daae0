/** Reads splits of a topic in turn, the one that lags most first. */
import type { StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import type { MetricScope } from '../../topology/contract/observability.ts'
import type { SourceReader, SourceRecord, SplitState } from '../../topology/contract/source.ts'
import { Batch } from '../../topology/element.ts'
import { SluiceError } from '../../topology/errors.ts'
import { partitionOfSplit } from '../../topology/partition-split.ts'
import { RecordBatch } from './record-batch.ts'
import { type Run, runRows } from './run-rows.ts'
import type { LogStore } from './store.ts'
import type { Topic, Topics } from './topics.ts'

interface Split {
  readonly description: SplitState
  readonly partition: number
  /** The offset of the first record not yet emitted. */
  position: number
  /** The first offset not read. */
  readonly stop: number
  /** A stored batch that was emitted in part: it holds `position`. */
  rest: RecordBatch | undefined
  /** Where the last batch read stands in the order of appends over all partitions. */
  appendOrder: number
  /** The data version at which nothing was found beyond `position`. */
  emptyAtVersion: number | undefined
  isPaused: boolean
}

/** Of a partition that the topic does not have. */
const NO_OFFSETS = { earliestOffset: 0, nextOffset: 0 }

export class LogReader implements SourceReader {
  readBytes = 0
  private readonly store: LogStore
  private readonly topics: Topics
  private readonly topic: Topic
  private readonly metrics: MetricScope
  private readonly following: StatementSync
  private readonly containing: StatementSync
  private splits: Split[] = []
  private seenVersion = 0

  constructor(store: LogStore, topics: Topics, topic: Topic, metrics: MetricScope) {
    this.store = store
    this.topics = topics
    this.topic = topic
    this.metrics = metrics
    this.following = store.prepareRead(`
      SELECT batch_id, base_offset, record_count, crc32, packed FROM record_batch
      WHERE topic_id = ? AND partition = ? AND base_offset >= ? ORDER BY base_offset`)
    this.containing = store.prepareRead(`
      SELECT max(base_offset) AS base_offset FROM record_batch
      WHERE topic_id = ? AND partition = ? AND base_offset <= ?`)
  }

  async assign(splits: readonly SplitState[]): Promise<void> {
    this.splits = this.splits.concat(
      splits.map((description) => ({
        description,
        partition: partitionOfSplit(description),
        position: Number(description.position),
        stop: description.stop === undefined ? Number.POSITIVE_INFINITY : Number(description.stop),
        rest: undefined,
        appendOrder: 0,
        emptyAtVersion: undefined,
        isPaused: false,
      })),
    )
  }

  poll(maxRows: number): Batch<SourceRecord> | undefined {
    // Taken before looking: a commit in between makes the next look find it, never miss it.
    this.seenVersion = this.store.dataVersion()
    this.splits.sort(byAppendOrder)
    for (const split of this.splits) {
      // A bound is where the log ended: nothing was ever read from behind it, but in another log.
      if (split.position > split.stop) throw this.beyondEnd(split, split.stop)
      if (!this.mayHold(split)) continue
      const batch = this.take(split, Math.min(maxRows, split.stop - split.position))
      if (batch !== undefined) return batch
      split.emptyAtVersion = this.seenVersion
    }
    return undefined
  }

  pauseOrResume(pause: readonly string[], resume: readonly string[]): void {
    for (const split of this.splits) {
      const { id } = split.description
      split.isPaused = pause.includes(id) || (split.isPaused && !resume.includes(id))
    }
  }

  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const mayFind = this.splits.some((split) => this.mayHold(split))
    return mayFind ? Promise.resolve() : this.store.watch.wait(this.seenVersion, timeoutMs, signal)
  }

  atEnd(splitId: string): boolean {
    const split = this.splits.find(({ description }) => description.id === splitId)
    return split !== undefined && split.position >= split.stop
  }

  snapshot(): readonly SplitState[] {
    return this.splits
      .map(({ description, position }) => ({ ...description, position: String(position) }))
      .sort((a, b) => a.index - b.index)
  }

  checkpointComplete(positions: readonly SplitState[]): void {
    const offsets = this.topics.offsets(this.topic)
    for (const split of positions) {
      const { nextOffset = 0 } = offsets[partitionOfSplit(split)] ?? {}
      const pending = Math.max(0, nextOffset - Number(split.position))
      this.metrics.gauge('pending_records', { split: split.id }).set(pending)
    }
  }

  async close(): Promise<void> {
    this.splits = []
  }

  /** Whether a poll may find something in the split. */
  private mayHold({ position, stop, emptyAtVersion, isPaused }: Split): boolean {
    return !isPaused && position < stop && emptyAtVersion !== this.seenVersion
  }

  private take(split: Split, maxRows: number): Batch<SourceRecord> | undefined {
    const runs: Run[] = []
    let missing = maxRows
    const { position, rest, appendOrder } = split
    try {
      if (split.rest !== undefined) missing -= this.takeRun(split, split.rest, missing, runs)
      if (missing > 0) missing -= this.readRuns(split, missing, runs)
    } catch (error) {
      // Nothing was handed out, so nothing has been passed.
      Object.assign(split, { position, rest, appendOrder })
      throw error
    }
    if (missing === maxRows) return undefined
    split.emptyAtVersion = undefined
    const { name } = this.topic
    const { partition } = split
    for (const { batch, from, to } of runs) this.readBytes += batch.valueBytes(from, to)
    const timestampsMs = new Float64Array(maxRows - missing)
    let at = 0
    for (const { batch, from, to } of runs) {
      for (let index = from; index < to; index++) timestampsMs[at++] = batch.timestampMs(index)
    }
    return new Batch<SourceRecord>(runRows(name, partition, runs), { split: split.description.index, timestampsMs })
  }

  private readRuns(split: Split, maxRows: number, runs: Run[]): number {
    const { topicId, name } = this.topic
    const { partition } = split
    return this.store.read(`reading topic '${name}', partition ${partition}, offset ${split.position}`, () => {
      let taken = 0
      for (const row of this.following.iterate(topicId, partition, this.firstBase(split))) {
        const batch = this.verified(split, row)
        split.appendOrder = row['batch_id'] as number
        taken += this.takeRun(split, batch, maxRows - taken, runs)
        if (taken === maxRows) break
      }
      if (taken === 0) this.requireInRange(split)
      return taken
    })
  }

  /** Batches follow each other without gaps; only a position that was restored or asked for lies within one. */
  private firstBase(split: Split): number {
    if (split.appendOrder !== 0) return split.position
    const row = this.containing.get(this.topic.topicId, split.partition, split.position)
    return (row!['base_offset'] as number | null) ?? split.position
  }

  private takeRun(split: Split, batch: RecordBatch, maxRows: number, runs: Run[]): number {
    const from = split.position - batch.baseOffset
    const to = Math.min(batch.recordCount, from + maxRows)
    if (to <= from) return 0
    runs.push({ batch, from, to })
    split.position = batch.baseOffset + to
    split.rest = to < batch.recordCount ? batch : undefined
    return to - from
  }

  private verified(split: Split, row: Record<string, unknown>): RecordBatch {
    const baseOffset = row['base_offset'] as number
    const bytes = row['packed'] as Uint8Array
    if (baseOffset > split.position) throw this.outOfRange(split, baseOffset)
    if (crc32(bytes) !== row['crc32']) {
      throw new SluiceError(
        'LOG_CORRUPT',
        `log ${this.store.path}: topic '${this.topic.name}', partition ${split.partition}: ` +
          `the batch at offset ${baseOffset} does not match its checksum`,
        {
          fix: 'Restore the file from a backup, or start behind the damaged batch.',
          details: {
            topic: this.topic.name,
            partition: split.partition,
            offset: String(baseOffset),
            records: row['record_count'],
          },
        },
      )
    }
    return new RecordBatch(baseOffset, row['record_count'] as number, bytes)
  }

  private requireInRange(split: Split): void {
    const { earliestOffset, nextOffset } = this.topics.offsets(this.topic)[split.partition] ?? NO_OFFSETS
    if (split.position > nextOffset) throw this.beyondEnd(split, nextOffset)
    if (split.position < earliestOffset) throw this.outOfRange(split, earliestOffset)
  }

  private beyondEnd(split: Split, nextOffset: number): SluiceError {
    const { name } = this.topic
    return new SluiceError(
      'OFFSET_OUT_OF_RANGE',
      `topic '${name}', partition ${split.partition}: offset ${split.position} is not there, it ends before ${nextOffset}`,
      {
        fix: 'This is not the log that the checkpoint was taken on: bring that one back, or start a new job from earliest.',
        details: {
          topic: name,
          partition: split.partition,
          offset: String(split.position),
          nextOffset: String(nextOffset),
        },
      },
    )
  }

  private outOfRange(split: Split, earliestOffset: number): SluiceError {
    const { name } = this.topic
    return new SluiceError(
      'OFFSET_OUT_OF_RANGE',
      `topic '${name}', partition ${split.partition}: offset ${split.position} is not there, the earliest is ${earliestOffset}`,
      {
        fix: "Records before it have gone by the topic's retention: keep them longer, or start a new job from earliest.",
        details: {
          topic: name,
          partition: split.partition,
          offset: String(split.position),
          earliestOffset: String(earliestOffset),
        },
      },
    )
  }
}

function byAppendOrder(a: Split, b: Split): number {
  return a.appendOrder - b.appendOrder || a.partition - b.partition
}
