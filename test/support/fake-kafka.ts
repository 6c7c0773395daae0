/**
 * A Kafka cluster in memory, behind the driver port: transactions with all that readers see of them, compaction and
 * retention when told, and a network that loses what the test wants lost.
 *
 * What real brokers do and it does too: a transaction that has been decided reaches its partitions after the reply; until
 * then they hold it for open, and its producer has to wait. `init-producer` waits for it as well. A transaction that lasts
 * too long is aborted by the clock, and its producer is shut out.
 */
import type {
  FetcherOptions,
  KafkaDriver,
  PartitionRecords,
  ProducerOptions,
} from '../../connectors/kafka/driver/driver.ts'
import { recordTooLarge, responseError, topicNotFound, UNREACHABLE } from '../../connectors/kafka/errors.ts'
import type { Clock } from '../../topology/contract/clock.ts'
import type { OutgoingRecord } from '../../topology/contract/topic.ts'
import { SluiceError } from '../../topology/errors.ts'
import { DEFAULT_MAX_MESSAGE_BYTES, fits, recordBytes } from '../../topology/record-bytes.ts'
import { type Ask, fakeAdmin } from './fake-kafka/admin.ts'
import { FakeFetcher } from './fake-kafka/fetcher.ts'
import { ConnectionLost, type FakeNetwork, ScriptedNetwork } from './fake-kafka/network.ts'
import { FakePartition } from './fake-kafka/partition.ts'
import { FakeProducer } from './fake-kafka/producer.ts'
import { ConcurrentTransactions, FakeTransactions, type ProducerIdentity } from './fake-kafka/transactions.ts'

/** A record as a consumer prints it. */
export interface ConsumedRecord extends OutgoingRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
}

export interface FakeTopic {
  readonly partitions: FakePartition[]
  readonly replicas: number
  readonly config: Map<string, string>
}

const DEFAULTS: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  'retention.ms': '604800000',
  'compression.type': 'producer',
  'max.message.bytes': String(DEFAULT_MAX_MESSAGE_BYTES),
  'message.timestamp.after.max.ms': '3600000',
}

export interface FakeKafkaOptions {
  readonly clock: Clock
  /** @default one that answers at once, see `network` */
  readonly carry?: FakeNetwork
  /** @default 1 */
  readonly brokers?: number
}

/**
 * @example
 * const kafka = new FakeKafka({ clock: new ManualClock() })
 * const driver = kafka.driver()
 * kafka.network.next('end-transaction', 'reply-lost')
 */
export class FakeKafka {
  readonly clock: Clock
  /** What requests meet when the test brings no network of its own. */
  readonly network = new ScriptedNetwork()
  readonly transactions: FakeTransactions
  readonly carry: FakeNetwork
  readonly brokers: number
  private readonly topics = new Map<string, FakeTopic>()
  private readonly groups = new Map<string, Map<number, number>>()
  private waiting = new Set<() => void>()

  constructor({ clock, carry, brokers = 1 }: FakeKafkaOptions) {
    this.clock = clock
    this.carry = carry ?? this.network.carry
    this.brokers = brokers
    this.transactions = new FakeTransactions(clock, (work) => {
      void this.carry({ kind: 'write-markers', client: 'broker', subject: '' }, () => {
        work()
        this.changed()
      })
    })
  }

  /** A client of its own, as a process has one. */
  driver(client = 'client'): KafkaDriver {
    const ask: Ask = async (kind, subject, arrive) => {
      for (;;) {
        try {
          return await this.carry({ kind, client, subject }, arrive)
        } catch (error) {
          if (error instanceof ConcurrentTransactions) continue
          if (!(error instanceof ConnectionLost)) throw error
          throw new SluiceError(UNREACHABLE, `${subject}: ${kind} had no reply`, { cause: error })
        }
      }
    }
    return {
      admin: async () => fakeAdmin(this, ask),
      fetcher: async (options: FetcherOptions) => {
        this.topic(options.topic)
        return new FakeFetcher(this, client, options)
      },
      producer: async ({ transactionalId, transactionTimeoutMs = 60_000 }: ProducerOptions) => {
        if (transactionalId === undefined) return new FakeProducer(this, client, undefined)
        const identity = await ask('init-producer', transactionalId, () =>
          this.transactions.init(transactionalId, transactionTimeoutMs),
        )
        return new FakeProducer(this, client, identity)
      },
      close: async () => {},
    }
  }

  get topicNames(): string[] {
    return [...this.topics.keys()]
  }

  /** Makes a topic without asking anybody. */
  createTopic(topic: string, partitions = 1, config: Readonly<Record<string, string>> = {}, replicas = 1): void {
    this.topics.set(topic, { partitions: [], replicas, config: new Map(Object.entries(config)) })
    this.addPartitions(topic, partitions)
  }

  /** @throws {SluiceError} `TOPIC_NOT_FOUND` */
  topic(topic: string): FakeTopic {
    const found = this.topics.get(topic)
    if (found === undefined) throw topicNotFound(topic, ['fake:9092'], this.topicNames)
    return found
  }

  addPartitions(topic: string, count: number): void {
    const { partitions } = this.topic(topic)
    while (partitions.length < count) partitions.push(new FakePartition(topic, partitions.length))
  }

  deleteTopic(topic: string): void {
    this.topic(topic)
    this.topics.delete(topic)
  }

  partition(topic: string, number: number): FakePartition {
    const found = this.topic(topic).partitions[number]
    if (found === undefined)
      throw responseError('UNKNOWN_TOPIC_OR_PARTITION', { doing: 'finding it', topic, partition: number })
    return found
  }

  /** What is set, and what applies by default. */
  configOf(topic: string): Map<string, { readonly value: string; readonly isDefault: boolean }> {
    const { config } = this.topic(topic)
    const all = new Map(Object.entries(DEFAULTS).map(([name, value]) => [name, { value, isDefault: true }]))
    for (const [name, value] of config) all.set(name, { value, isDefault: false })
    return all
  }

  /** Offsets that a consumer group has committed, by partition. */
  group(group: string, topic: string): Map<number, number> {
    const name = `${group} ${topic}`
    if (!this.groups.has(name)) this.groups.set(name, new Map())
    return this.groups.get(name)!
  }

  /** What a consumer that reads from the beginning gets, partition by partition. */
  consume(topic: string, isolation: 'read_committed' | 'read_uncommitted' = 'read_committed'): ConsumedRecord[] {
    return (this.topics.get(topic)?.partitions ?? []).flatMap((partition) => {
      const { entries } = partition.read(partition.logStartOffset, isolation, Number.POSITIVE_INFINITY)!
      return entries.map(({ record, offset, timestampMs }) => ({
        ...record!,
        topic,
        partition: partition.partition,
        offset,
        timestampMs,
      }))
    })
  }

  /** The broker's part of a produce request: all of it or, where a record is too large, nothing. */
  append(parts: readonly PartitionRecords[], identity?: ProducerIdentity): number[] {
    for (const { topic, partition, records } of parts) {
      this.partition(topic, partition)
      const limit = this.configOf(topic).get('max.message.bytes')!.value
      // Drivers cut what they send into batches that the topic takes.
      const tooLarge = records.find((record) => !fits(record, Number(limit)))
      if (tooLarge !== undefined) throw recordTooLarge(topic, recordBytes(tooLarge), limit)
      const refusal = this.refusal(topic, records)
      if (refusal !== undefined) throw responseError(refusal, { doing: 'sending records', topic, partition })
    }
    const bases = parts.map(({ topic, partition: number, records }) => {
      const partition = this.partition(topic, number)
      if (identity !== undefined) this.transactions.add(identity, partition)
      return partition.append(records, this.clock.nowMs(), identity?.producerId)
    })
    this.changed()
    return bases
  }

  private refusal(topic: string, records: readonly OutgoingRecord[]) {
    const config = this.configOf(topic)
    const isCompacted = config.get('cleanup.policy')!.value === 'compact'
    if (isCompacted && records.some(({ key }) => key === null)) return 'INVALID_RECORD'
    const latestMs = this.clock.nowMs() + Number(config.get('message.timestamp.after.max.ms')!.value)
    return records.some(({ timestampMs = 0 }) => timestampMs > latestMs) ? 'INVALID_TIMESTAMP' : undefined
  }

  /** Whoever waits for something to read looks again. */
  changed(): void {
    const { waiting } = this
    this.waiting = new Set()
    for (const resolve of waiting) resolve()
  }

  nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.add(resolve)
    })
  }
}
