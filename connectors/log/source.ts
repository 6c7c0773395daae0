/** A topic of the embedded log as a source: a split per partition, positions are offsets. */
import type { StatementSync } from 'node:sqlite'
import type {
  ReaderContext,
  Source,
  SourceBounds,
  SourceReader,
  SplitDescription,
} from '../../topology/contract/source.ts'
import type { TopicOptions } from '../../topology/contract/topic.ts'
import { SluiceError } from '../../topology/errors.ts'
import { partitionSplitId } from '../../topology/partition-split.ts'
import { LogReader } from './reader.ts'
import { RecordBatch } from './record-batch.ts'
import type { LogStore } from './store.ts'
import type { PartitionOffsets, Topic, Topics } from './topics.ts'

/** How soon a running job reads partitions that were added to its topic. */
const DISCOVERY_INTERVAL_MS = 10_000

export class LogSource implements Source {
  readonly discoveryIntervalMs = DISCOVERY_INTERVAL_MS
  private readonly store: LogStore
  private readonly topics: Topics
  private readonly topicName: string
  private readonly options: TopicOptions | undefined
  private readonly firstSince: StatementSync
  private readonly batchAt: StatementSync

  constructor(store: LogStore, topics: Topics, topicName: string, options: TopicOptions | undefined) {
    this.store = store
    this.topics = topics
    this.topicName = topicName
    this.options = options
    this.firstSince = store.prepareRead(`
      SELECT base_offset FROM record_batch
      WHERE topic_id = ? AND partition = ? AND max_timestamp_ms >= ? ORDER BY base_offset LIMIT 1`)
    this.batchAt = store.prepareRead(`
      SELECT record_count, packed FROM record_batch WHERE topic_id = ? AND partition = ? AND base_offset = ?`)
  }

  /** Makes the topic if it is not there, so that a job may start before its first producer. */
  async discoverSplits({ from = 'earliest', until }: SourceBounds): Promise<readonly SplitDescription[]> {
    await this.topics.ensure(this.topicName, this.options)
    const topic = this.topics.get(this.topicName)
    return this.topics.offsets(topic).map((offsets) => ({
      id: partitionSplitId(topic.name, offsets.partition),
      index: offsets.partition,
      start: String(this.offsetAt(topic, offsets, from)),
      ...(until !== undefined && { stop: String(this.offsetAt(topic, offsets, until)) }),
    }))
  }

  createReader({ metrics }: ReaderContext): SourceReader {
    return new LogReader(this.store, this.topics, this.topics.get(this.topicName), metrics)
  }

  /** The log stays open: it belongs to whoever opened it. */
  async close(): Promise<void> {}

  private offsetAt(topic: Topic, offsets: PartitionOffsets, place: NonNullable<SourceBounds['from']>): number {
    const { earliestOffset, nextOffset, partition } = offsets
    if (place === 'earliest') return earliestOffset
    if (place === 'latest') return nextOffset
    if ('group' in place) throw noGroups(place.group)
    const offset =
      'offset' in place
        ? Number(place.offset)
        : (this.firstOffsetSince(topic, partition, place.timestampMs) ?? nextOffset)
    return Math.max(earliestOffset, Math.min(offset, nextOffset))
  }

  /** The offset of the first record whose timestamp is `timestampMs` or later, as Kafka's offsetsForTimes. */
  private firstOffsetSince({ topicId, name }: Topic, partition: number, timestampMs: number): number | undefined {
    return this.store.read(`searching topic '${name}', partition ${partition}, by time`, () => {
      const baseOffset = this.firstSince.get(topicId, partition, timestampMs)?.['base_offset'] as number | undefined
      if (baseOffset === undefined) return undefined
      const row = this.batchAt.get(topicId, partition, baseOffset)!
      const batch = new RecordBatch(baseOffset, row['record_count'] as number, row['packed'] as Uint8Array)
      let index = 0
      while (index < batch.recordCount - 1 && batch.timestampMs(index) < timestampMs) index++
      return baseOffset + index
    })
  }
}

function noGroups(group: string): SluiceError {
  return new SluiceError('BOUNDS_UNSUPPORTED', `the embedded log has no consumer group '${group}' to begin at`, {
    fix: 'Give earliest, latest, a time or an offset; consumer groups are there on Kafka.',
  })
}
