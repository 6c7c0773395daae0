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
  KafkaAdmin,
  KafkaDriver,
  NewTopic,
  OffsetPlace,
  PartitionRecords,
  ProducerOptions,
} from '../../connectors/kafka/driver/driver.ts'
import { UNREACHABLE } from '../../connectors/kafka/errors.ts'
import type { Clock } from '../../topology/contract/clock.ts'
import type { OutgoingRecord } from '../../topology/contract/topic.ts'
import { SluiceError } from '../../topology/errors.ts'
import { BATCH_OVERHEAD_BYTES, DEFAULT_MAX_MESSAGE_BYTES, recordBytes } from '../../topology/record-bytes.ts'
import { FakeFetcher } from './fake-kafka/fetcher.ts'
import { ConnectionLost, type FakeNetwork, type FakeRequest, ScriptedNetwork } from './fake-kafka/network.ts'
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

interface FakeTopic {
  readonly partitions: FakePartition[]
  readonly replicas: number
  readonly config: Map<string, string>
}

const DEFAULTS: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  'retention.ms': '604800000',
  'max.message.bytes': String(DEFAULT_MAX_MESSAGE_BYTES),
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
    const ask = async <T>(kind: FakeRequest['kind'], subject: string, arrive: () => T): Promise<T> => {
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
      admin: async () => this.admin((subject, arrive) => ask('admin', subject, arrive), ask),
      fetcher: async (options: FetcherOptions) => new FakeFetcher(this, client, options),
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

  /** Makes a topic without asking anybody. */
  createTopic(topic: string, partitions = 1, config: Readonly<Record<string, string>> = {}): void {
    this.topics.set(topic, {
      partitions: Array.from({ length: partitions }, (_, number) => new FakePartition(topic, number)),
      replicas: 1,
      config: new Map(Object.entries(config)),
    })
  }

  partition(topic: string, number: number): FakePartition {
    const found = this.topics.get(topic)?.partitions[number]
    if (found === undefined) throw new SluiceError('TOPIC_NOT_FOUND', `topic '${topic}' has no partition ${number}`)
    return found
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
      const limit = Number(this.configOf(topic, 'max.message.bytes'))
      const sizeBytes = records.reduce((sum, record) => sum + recordBytes(record), BATCH_OVERHEAD_BYTES)
      if (sizeBytes > limit) {
        throw new SluiceError('RECORD_TOO_LARGE', `topic '${topic}': a batch of ${sizeBytes} bytes`, {
          details: { topic, sizeBytes, maxBytes: limit },
        })
      }
    }
    const bases = parts.map(({ topic, partition: number, records }) => {
      const partition = this.partition(topic, number)
      if (identity !== undefined) this.transactions.add(identity, partition)
      return partition.append(records, this.clock.nowMs(), identity?.producerId)
    })
    this.changed()
    return bases
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

  private configOf(topic: string, name: string): string | undefined {
    return this.topics.get(topic)?.config.get(name) ?? DEFAULTS[name]
  }

  private admin(
    ask: <T>(subject: string, arrive: () => T) => Promise<T>,
    askFor: <T>(kind: FakeRequest['kind'], subject: string, arrive: () => T) => Promise<T>,
  ): KafkaAdmin {
    const { topics, groups } = this
    const required = (topic: string): FakeTopic => {
      const found = topics.get(topic)
      if (found === undefined) throw new SluiceError('TOPIC_NOT_FOUND', `topic '${topic}' is not there`)
      return found
    }
    const groupOf = (group: string, topic: string) => {
      const name = `${group} ${topic}`
      if (!groups.has(name)) groups.set(name, new Map())
      return groups.get(name)!
    }
    return {
      listTopics: () => ask('', () => [...topics.keys()]),
      describeTopic: (topic) =>
        ask(topic, () => {
          const found = topics.get(topic)
          if (found === undefined) return undefined
          const { partitions, replicas } = found
          return { topic, partitions: partitions.map(({ partition }) => ({ partition, leader: 1, replicas })) }
        }),
      brokerCount: () => ask('', () => this.brokers),
      createTopic: ({ topic, partitions, replicationFactor = 1, config }: NewTopic) =>
        ask(topic, () => {
          if (topics.has(topic)) return false
          this.createTopic(topic, partitions, config)
          topics.set(topic, { ...required(topic), replicas: replicationFactor })
          return true
        }),
      createPartitions: (topic, count) =>
        ask(topic, () => {
          const { partitions } = required(topic)
          while (partitions.length < count) partitions.push(new FakePartition(topic, partitions.length))
        }),
      deleteTopic: (topic) => ask(topic, () => void topics.delete(topic)),
      topicConfig: (topic) =>
        ask(topic, () => {
          const { config } = required(topic)
          const names = new Set([...Object.keys(DEFAULTS), ...config.keys()])
          return new Map(
            [...names].map((name) => [name, { value: this.configOf(topic, name)!, isDefault: !config.has(name) }]),
          )
        }),
      alterTopicConfig: (topic, config) =>
        ask(topic, () => {
          for (const [name, value] of Object.entries(config)) required(topic).config.set(name, value)
        }),
      offsets: (topic, place: OffsetPlace) =>
        askFor('offsets', topic, () =>
          required(topic).partitions.map((partition) => {
            if (place === 'earliest') return partition.logStartOffset
            return place === 'latest' ? partition.highWatermark : partition.offsetAt(place.timestampMs)
          }),
        ),
      groupOffsets: (group, topic) =>
        ask(topic, () => required(topic).partitions.map(({ partition }) => groupOf(group, topic).get(partition))),
      commitGroupOffsets: (group, topic, offsets) =>
        ask(topic, () => {
          for (const [partition, offset] of offsets) groupOf(group, topic).set(partition, offset)
        }),
    }
  }
}
