/** The embedded partitioned log: topics in one SQLite file, written by any number of processes at once. */
import type { Logger } from '../../topology/contract/observability.ts'
import type { Sink } from '../../topology/contract/sink.ts'
import type { Source } from '../../topology/contract/source.ts'
import type {
  Acks,
  OutgoingRecord,
  RecordMetadata,
  TopicDescription,
  TopicOptions,
  TopicSystem,
  TopicSystemContext,
} from '../../topology/contract/topic.ts'
import { TopicPartitioner } from '../../topology/topic-partitioner.ts'
import { Appender, type PartitionBatches, packBatches } from './appender.ts'
import { LogSink } from './sink.ts'
import { LogSource } from './source.ts'
import { LogStore } from './store.ts'
import { Topics } from './topics.ts'

export type LogFaultPoint = (
  name: 'log.before-append' | 'log.after-append' | 'log.before-commit' | 'log.after-commit',
) => void

export interface LogOptions extends TopicSystemContext {
  /** The file, `log.db` as a rule; it and its directory are made when they are not there. */
  readonly path: string
  /** An append that would make the file larger fails with `DISK_FULL`. @default no limit but the disk's */
  readonly maxSizeBytes?: number
  /** Called around the transaction of every append and of every commit of a sink, for tests to fail there. */
  readonly faultPoint?: LogFaultPoint
}

/**
 * Opens the log, or makes it.
 *
 * An append is one transaction: all of its records are there, with dense offsets per partition, or none. What the
 * acknowledgement says:
 * - `all`: the transaction has been forced to disk (fsync); it survives the machine.
 * - `1`: the transaction is committed and every reader sees it, but it is only with the operating system: it survives the
 *   death of any process; a loss of power may take the newest of these appends, each of them whole.
 * - `0`: the records were taken and will be appended as with `1`; nobody waits, failures are logged with the number of
 *   records lost, and offsets are −1n. `close` waits for them.
 *
 * Writers of several processes take turns; one that waits longer than 30 seconds gets `LOG_BUSY`.
 *
 * @throws {SluiceError} `LOG_FORMAT_UNSUPPORTED` when a newer Sluice wrote the file, `LOG_CORRUPT` when it is no log,
 *   `LOG_UNAVAILABLE` when it cannot be opened.
 * @example const log = openLog({ path: 'data/log.db', clock, logger })
 */
export function openLog(options: LogOptions): TopicSystem {
  return new EmbeddedLog(new LogStore(options), options)
}

class EmbeddedLog implements TopicSystem {
  private readonly store: LogStore
  private readonly logger: Logger
  private readonly topics: Topics
  private readonly appender: Appender
  private readonly partitioners = new Map<string, TopicPartitioner>()
  private readonly faultPoint: LogFaultPoint
  private lostRecords = 0

  constructor(store: LogStore, { logger, faultPoint = () => {} }: LogOptions) {
    this.store = store
    this.logger = logger
    this.faultPoint = faultPoint
    this.topics = new Topics(store)
    this.appender = new Appender(store)
  }

  ensureTopic(topic: string, options?: TopicOptions): Promise<void> {
    return this.topics.ensure(topic, options)
  }

  async alterTopic(topic: string, options: TopicOptions): Promise<void> {
    await this.topics.alter(topic, options)
    this.partitioners.delete(topic)
  }

  async append(topicName: string, records: readonly OutgoingRecord[], acks: Acks): Promise<readonly RecordMetadata[]> {
    if (records.length === 0) return []
    const topic = this.topics.get(topicName)
    const { groups, partitions } = this.partitioner(topicName).split(records)
    const nowMs = this.store.clock.nowMs()
    const batches: PartitionBatches[] = []
    for (let partition = 0; partition < groups.length; partition++) {
      const group = groups[partition]!
      if (group.length > 0) batches.push({ partition, batches: packBatches(topicName, group, nowMs) })
    }
    this.faultPoint('log.before-append')
    const appended = this.store.write(
      acks === 'all' ? 'fsync' : 'page-cache',
      `appending ${records.length} records to topic '${topicName}'`,
      () => this.appender.append(topic, batches),
    )
    if (acks === 0) {
      appended.catch((error) => this.reportLost(topicName, records.length, error))
      return Array.from(partitions, (partition) => ({ topic: topicName, partition, offset: -1n }))
    }
    const nextOffsets = new Array<number>(topic.partitions)
    const baseOffsets = await appended
    this.faultPoint('log.after-append')
    for (let i = 0; i < batches.length; i++) nextOffsets[batches[i]!.partition] = baseOffsets[i]!
    return Array.from(partitions, (partition) => ({
      topic: topicName,
      partition,
      offset: BigInt(nextOffsets[partition]!++),
    }))
  }

  async describeTopics(topics?: readonly string[]): Promise<readonly TopicDescription[]> {
    return this.topics.describe(topics)
  }

  source(topic: string, options?: TopicOptions): Source {
    return new LogSource(this.store, this.topics, topic, options)
  }

  sink(topic: string, options?: TopicOptions): Sink {
    return new LogSink(this.store, this.topics, this.appender, this.faultPoint, topic, options)
  }

  close(): Promise<void> {
    return this.store.close()
  }

  private partitioner(topic: string): TopicPartitioner {
    let partitioner = this.partitioners.get(topic)
    if (partitioner === undefined) {
      partitioner = new TopicPartitioner(this.topics.get(topic))
      this.partitioners.set(topic, partitioner)
    }
    return partitioner
  }

  private reportLost(topic: string, records: number, error: unknown): void {
    this.lostRecords += records
    this.logger.error(
      { event: 'append-lost', topic, records, lostRecordsTotal: this.lostRecords, err: error },
      'records published with acks 0 were lost',
    )
  }
}
