/** A topic of the embedded log as a two-phase sink: output is staged in log.db and appended when its checkpoint completes. */
import type { StatementSync } from 'node:sqlite'
import type {
  Committable,
  CommitterContext,
  Sink,
  SinkCommitter,
  SinkWriter,
  WriterContext,
} from '../../topology/contract/sink.ts'
import type { OutgoingRecord, TopicOptions } from '../../topology/contract/topic.ts'
import type { Batch } from '../../topology/element.ts'
import { TopicPartitioner } from '../../topology/topic-partitioner.ts'
import { type Appender, packBatches } from './appender.ts'
import type { LogFaultPoint } from './log.ts'
import { packedSize } from './record-batch.ts'
import { type LogCommittable, LogSinkCommitter } from './sink-committer.ts'
import type { LogStore } from './store.ts'
import type { Topic, Topics } from './topics.ts'

/** What a writer holds in memory before it stages. */
const MAX_BUFFERED_BYTES = 4 << 20

export class LogSink implements Sink {
  private readonly store: LogStore
  private readonly topics: Topics
  private readonly appender: Appender
  private readonly faultPoint: LogFaultPoint
  private readonly topicName: string
  private readonly options: TopicOptions | undefined

  constructor(
    store: LogStore,
    topics: Topics,
    appender: Appender,
    faultPoint: LogFaultPoint,
    topicName: string,
    options?: TopicOptions,
  ) {
    this.store = store
    this.topics = topics
    this.appender = appender
    this.faultPoint = faultPoint
    this.topicName = topicName
    this.options = options
  }

  async createWriter(context: WriterContext): Promise<SinkWriter<OutgoingRecord>> {
    return new LogSinkWriter(this.store, await this.topic(), context)
  }

  async createCommitter(context: CommitterContext): Promise<SinkCommitter> {
    return new LogSinkCommitter(this.store, this.appender, this.faultPoint, await this.topic(), context)
  }

  /** The log stays open: it belongs to whoever opened it. */
  async close(): Promise<void> {}

  private async topic(): Promise<Topic> {
    await this.topics.ensure(this.topicName, this.options)
    return this.topics.get(this.topicName)
  }
}

class LogSinkWriter implements SinkWriter<OutgoingRecord> {
  private readonly store: LogStore
  private readonly topic: Topic
  private readonly context: WriterContext
  private readonly partitioner: TopicPartitioner
  private readonly insert: StatementSync
  private buffered: OutgoingRecord[] = []
  private bufferedBytes = 0
  /** Ids of what this interval has staged so far, one promise per flush. */
  private staged: Promise<number[]>[] = []

  constructor(store: LogStore, topic: Topic, context: WriterContext) {
    this.store = store
    this.topic = topic
    this.context = context
    this.partitioner = new TopicPartitioner(topic)
    this.insert = store.prepareWrite(`
      INSERT INTO staged_batch (job, sink_uid, epoch, partition, record_count, max_timestamp_ms, crc32, packed)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
  }

  write(batch: Batch<OutgoingRecord>): void | Promise<void> {
    for (const record of batch.values) {
      this.buffered.push(record)
      this.bufferedBytes += packedSize(record)
    }
    if (this.bufferedBytes >= MAX_BUFFERED_BYTES) return this.flush().then(() => {})
  }

  async prepareCommit(_checkpointId: bigint): Promise<readonly Committable[]> {
    if (this.buffered.length > 0) this.flush().catch(() => {}) // awaited below
    const { staged } = this
    this.staged = []
    const stagedIds = (await Promise.all(staged)).flat()
    return stagedIds.length === 0 ? [] : [{ topic: this.topic.name, stagedIds } satisfies LogCommittable]
  }

  /** What was staged and never committed goes when the next attempt fences. */
  async close(): Promise<void> {
    this.buffered = []
  }

  private flush(): Promise<number[]> {
    const { topic, context, store } = this
    const nowMs = store.clock.nowMs()
    const groups = this.partitioner
      .split(this.buffered)
      .groups.map((records) => packBatches(topic.name, records, nowMs))
    this.buffered = []
    this.bufferedBytes = 0
    const ids = store.write('fsync', `staging records for topic '${topic.name}'`, () => {
      const inserted: number[] = []
      for (const [partition, batches] of groups.entries()) {
        for (const { recordCount, maxTimestampMs, crc32, bytes } of batches) {
          const { job, uid, epoch } = context
          const row = this.insert.run(job, uid, epoch, partition, recordCount, maxTimestampMs, crc32, bytes)
          inserted.push(Number(row.lastInsertRowid))
        }
      }
      return inserted
    })
    this.staged.push(ids)
    return ids
  }
}
