/** The administrator's part of the port on librdkafka's AdminClient, and a consumer that has joined no group. */
import kafka, {
  type IAdminClient,
  type KafkaConsumer,
  type LibrdKafkaError,
  type Metadata,
  type OffsetSpec,
} from '@confluentinc/kafka-javascript'
import { SluiceError } from '../../../../topology/errors.ts'
import { type KafkaSubject, topicNotFound } from '../../errors.ts'
import type { KafkaSettings } from '../../settings.ts'
import { retrying } from '../client/retry.ts'
import type { KafkaAdmin, NewTopic, OffsetPlace, TopicMetadata } from '../driver.ts'
import { EARLIEST, LATEST } from '../protocol/offsets.ts'
import { connectClient, disconnectClient } from './connect.ts'
import { rdKafkaConfig } from './rdkafka-config.ts'
import { isNamed, rdKafkaError } from './rdkafka-error.ts'

type Done<T> = (error: LibrdKafkaError, result: T) => void

export class ConfluentAdmin implements KafkaAdmin {
  private readonly settings: KafkaSettings
  private readonly consumer: KafkaConsumer
  private readonly client: IAdminClient

  private constructor(settings: KafkaSettings, consumer: KafkaConsumer) {
    this.settings = settings
    this.consumer = consumer
    this.client = kafka.AdminClient.createFrom(consumer)
  }

  static async create(settings: KafkaSettings): Promise<ConfluentAdmin> {
    const config = { ...rdKafkaConfig(settings), 'group.id': `${settings.clientId}-admin`, 'enable.auto.commit': false }
    const consumer = new kafka.KafkaConsumer(config as ConstructorParameters<typeof kafka.KafkaConsumer>[0], {})
    await connectClient(consumer, settings)
    return new ConfluentAdmin(settings, consumer)
  }

  async listTopics(): Promise<readonly string[]> {
    const { topics } = await this.metadata({ allTopics: true })
    return topics.map(({ name }) => name).filter((name) => !name.startsWith('__'))
  }

  async describeTopic(topic: string): Promise<TopicMetadata | undefined> {
    const subject = { doing: 'asking for it', topic }
    const [found] = await this.call(subject, (done: Done<Described[]>) =>
      this.client.describeTopics([topic], { timeout: this.timeoutMs }, done as never),
    )
    if (found!.error) {
      if (isNamed(found!.error, 'UNKNOWN_TOPIC_OR_PARTITION')) return undefined
      throw rdKafkaError(found!.error, subject, this.settings)
    }
    const partitions = found!.partitions.map(({ partition, leader, replicas }) => ({
      partition,
      leader: leader?.id ?? -1,
      replicas: replicas.length,
    }))
    return { topic, partitions: partitions.sort((a, b) => a.partition - b.partition) }
  }

  /** @throws {SluiceError} `TOPIC_NOT_FOUND` with the nearest name */
  async require(topic: string): Promise<TopicMetadata> {
    const metadata = await this.describeTopic(topic)
    if (metadata !== undefined) return metadata
    throw topicNotFound(topic, this.settings.bootstrapServers, await this.listTopics())
  }

  async brokerCount(): Promise<number> {
    return (await this.metadata({ allTopics: true })).brokers.length
  }

  async createTopic({ topic, partitions, replicationFactor = -1, config }: NewTopic): Promise<boolean> {
    const isNew = await new Promise<boolean>((resolve, reject) => {
      const options = { topic, num_partitions: partitions, replication_factor: replicationFactor, config }
      this.client.createTopic(options, this.timeoutMs, (error) => {
        if (!error) resolve(true)
        else if (isNamed(error, 'TOPIC_ALREADY_EXISTS')) resolve(false)
        else reject(rdKafkaError(error, { doing: 'creating it', topic }, this.settings))
      })
    })
    await this.untilLed(topic, 1)
    return isNew
  }

  async createPartitions(topic: string, count: number): Promise<void> {
    await this.require(topic)
    const subject = { doing: `raising it to ${count} partitions`, topic }
    await this.call(subject, (done: Done<void>) =>
      this.client.createPartitions(topic, count, this.timeoutMs, done as never),
    )
    await this.untilLed(topic, count)
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.require(topic)
    await this.call({ doing: 'deleting it', topic }, (done: Done<void>) =>
      this.client.deleteTopic(topic, this.timeoutMs, done as never),
    )
  }

  async topicConfig(): Promise<never> {
    throw unsupported('reading the configuration of topics')
  }

  async alterTopicConfig(): Promise<never> {
    throw unsupported('changing the configuration of topics')
  }

  async offsets(topic: string, place: OffsetPlace): Promise<readonly number[]> {
    const { partitions } = await this.require(topic)
    const ask = async (timestamp: number) => {
      const specs = partitions.map(({ partition }) => ({ topic, partition, offset: { timestamp } as OffsetSpec }))
      const listed = await this.call({ doing: 'asking for its offsets', topic }, (done: Done<Listed[]>) =>
        this.client.listOffsets(specs, { timeout: this.timeoutMs, isolationLevel: 0 }, done as never),
      )
      const offsets = new Array<number>(partitions.length)
      for (const { partition, offset, error } of listed) {
        if (error) throw rdKafkaError(error, { doing: 'asking for its offsets', topic, partition }, this.settings)
        offsets[partition] = offset
      }
      return offsets
    }
    if (place === 'earliest') return ask(EARLIEST)
    if (place === 'latest') return ask(LATEST)
    const found = await ask(place.timestampMs)
    if (found.every((offset) => offset >= 0)) return found
    const ends = await ask(LATEST)
    return found.map((offset, partition) => (offset >= 0 ? offset : ends[partition]!))
  }

  async groupOffsets(group: string, topic: string): Promise<readonly (number | undefined)[]> {
    const { partitions } = await this.require(topic)
    const asked = { groupId: group, partitions: partitions.map(({ partition }) => ({ topic, partition })) }
    const subject = { doing: 'reading its offsets', group }
    const [found] = await this.call(subject, (done: Done<GroupFound[]>) =>
      this.client.listConsumerGroupOffsets([asked], { timeout: this.timeoutMs }, done as never),
    )
    if (found!.error) throw rdKafkaError(found!.error, subject, this.settings)
    const offsets: (number | undefined)[] = partitions.map(() => undefined)
    for (const { partition, offset } of found!.partitions) if (offset >= 0) offsets[partition] = offset
    return offsets
  }

  async commitGroupOffsets(group: string, topic: string, offsets: ReadonlyMap<number, number>): Promise<void> {
    const config = {
      ...rdKafkaConfig(this.settings),
      'group.id': group,
      'enable.auto.commit': false,
      offset_commit_cb: true,
    }
    const consumer = new kafka.KafkaConsumer(config as ConstructorParameters<typeof kafka.KafkaConsumer>[0], {})
    await connectClient(consumer, this.settings)
    try {
      await new Promise<void>((resolve, reject) => {
        consumer.once('offset.commit', (error) => {
          if (!error) return resolve()
          reject(rdKafkaError(error, { doing: `committing offsets of ${topic}`, group }, this.settings))
        })
        // What was committed is told to who polls.
        consumer.consume()
        consumer.commit([...offsets].map(([partition, offset]) => ({ topic, partition, offset })))
      })
    } finally {
      await disconnectClient(consumer)
    }
  }

  async close(): Promise<void> {
    this.client.disconnect()
    await disconnectClient(this.consumer)
  }

  private get timeoutMs(): number {
    return this.settings.connectTimeoutMs
  }

  private metadata(options: { readonly allTopics: boolean }): Promise<Metadata> {
    return this.call({ doing: 'asking for metadata' }, (done: Done<Metadata>) =>
      this.consumer.getMetadata({ ...options, timeout: this.timeoutMs }, done),
    )
  }

  private async untilLed(topic: string, count: number): Promise<void> {
    await retrying(this.timeoutMs, async () => {
      const metadata = await this.describeTopic(topic)
      const isLed = metadata?.partitions.every(({ leader }) => leader >= 0) === true
      if (isLed && metadata.partitions.length >= count) return
      throw new SluiceError('KAFKA_UNAVAILABLE', `topic '${topic}': its partitions have no leaders yet`)
    })
  }

  private call<T>(subject: KafkaSubject, run: (done: Done<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      run((error, result) => (error ? reject(rdKafkaError(error, subject, this.settings)) : resolve(result)))
    })
  }
}

interface Described {
  readonly error?: LibrdKafkaError
  readonly partitions: readonly {
    readonly partition: number
    readonly leader: { readonly id: number } | null
    readonly replicas: readonly unknown[]
  }[]
}

interface Listed {
  readonly partition: number
  readonly offset: number
  readonly error?: LibrdKafkaError
}

interface GroupFound {
  readonly error?: LibrdKafkaError
  readonly partitions: readonly { readonly partition: number; readonly offset: number }[]
}

function unsupported(what: string): SluiceError {
  return new SluiceError('KAFKA_UNSUPPORTED', `${what}: @confluentinc/kafka-javascript has no request for it`, {
    fix: 'Use KAFKA_CLIENT=kafkajs for it, also beside a job that runs with another client.',
  })
}
