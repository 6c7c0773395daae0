/** Topics of a Kafka cluster: sources, exactly-once sinks and an idempotent producer on one driver. */
import type { Random } from '../../topology/contract/clock.ts'
import type { FileIO } from '../../topology/contract/file-io.ts'
import type { Sink } from '../../topology/contract/sink.ts'
import type { Source } from '../../topology/contract/source.ts'
import type {
  Acks,
  CleanupPolicy,
  OutgoingRecord,
  RecordMetadata,
  TopicDescription,
  TopicOptions,
  TopicSystem,
  TopicSystemContext,
} from '../../topology/contract/topic.ts'
import { declaredOptions } from '../../topology/topic.ts'
import { requireAlterable, topicDrift } from '../../topology/topic-drift.ts'
import { KafkaAppender } from './append.ts'
import type { KafkaAdmin, KafkaDriver } from './driver/driver.ts'
import { requireTopic } from './known-topic.ts'
import type { KafkaSettings } from './settings.ts'
import { KafkaSink } from './sink/sink.ts'
import { KafkaSource } from './source.ts'

export interface OpenKafkaOptions extends TopicSystemContext {
  readonly settings: KafkaSettings
  /** Of a new topic whose declaration does not say. */
  readonly partitions: number
  /** Closed with the system. */
  readonly driver: KafkaDriver
  /** Where sinks keep what is not in a topic yet: every worker and the coordinator find it there. */
  readonly files: FileIO
  /** URI of that folder, without a slash at its end. */
  readonly outbox: string
  readonly random: Random
  /** Called at places where a crash would split a step in two. */
  readonly faultPoint: (name: string) => void
}

/**
 * Topics of a cluster. Nothing is connected before it is needed.
 *
 * A topic that is declared, with options, is made when it is not there; another has to be: its name may be a mistake.
 */
export function openKafka(options: OpenKafkaOptions): TopicSystem {
  return new Kafka(options)
}

class Kafka implements TopicSystem {
  private readonly options: OpenKafkaOptions
  private readonly driver: KafkaDriver
  private readonly appender: KafkaAppender

  constructor(options: OpenKafkaOptions) {
    this.options = options
    this.driver = options.driver
    this.appender = new KafkaAppender(options)
  }

  async ensureTopic(topic: string, options?: TopicOptions): Promise<void> {
    const admin = await this.driver.admin()
    if (options === undefined) {
      await requireTopic(admin, topic, this.options.settings.bootstrapServers)
      return
    }
    if ((await admin.describeTopic(topic)) !== undefined) return
    await admin.createTopic({
      topic,
      partitions: options.partitions ?? this.options.partitions,
      replicationFactor: options.replicationFactor,
      config: topicConfigOf(options),
    })
  }

  async alterTopic(topic: string, options: TopicOptions): Promise<void> {
    const admin = await this.driver.admin()
    await requireTopic(admin, topic, this.options.settings.bootstrapServers)
    const actual = await describe(admin, topic)
    const drift = topicDrift(options, actual!)
    requireAlterable(topic, drift)
    if (drift.some(({ option }) => option === 'partitions')) await admin.createPartitions(topic, options.partitions!)
    if (drift.some(({ option }) => option !== 'partitions')) await admin.alterTopicConfig(topic, topicConfigOf(options))
  }

  append(topic: string, records: readonly OutgoingRecord[], acks: Acks): Promise<readonly RecordMetadata[]> {
    return this.appender.append(topic, records, acks)
  }

  /** Without those that are Kafka's own. */
  async describeTopics(topics?: readonly string[]): Promise<readonly TopicDescription[]> {
    const admin = await this.driver.admin()
    const there = topics ?? (await admin.listTopics()).filter((topic) => !topic.startsWith('__'))
    const described = await Promise.all(there.toSorted().map((topic) => describe(admin, topic)))
    return described.filter((each) => each !== undefined)
  }

  source(topic: string, options?: TopicOptions): Source {
    const { driver } = this
    const { settings } = this.options
    return new KafkaSource({
      topic,
      driver,
      settings,
      ensureTopic: () => this.ensureTopic(topic, declaredOptions(options)),
    })
  }

  sink(topic: string, options?: TopicOptions): Sink {
    return new KafkaSink({
      ...this.options,
      topic,
      ensureTopic: () => this.ensureTopic(topic, declaredOptions(options)),
    })
  }

  async close(): Promise<void> {
    await this.appender.close()
    await this.driver.close()
  }
}

/** As Kafka names it. */
export function topicConfigOf({ retentionMs, cleanupPolicy }: TopicOptions): Readonly<Record<string, string>> {
  return {
    ...(retentionMs === undefined ? {} : { 'retention.ms': Number.isFinite(retentionMs) ? String(retentionMs) : '-1' }),
    ...(cleanupPolicy === undefined ? {} : { 'cleanup.policy': cleanupPolicy }),
  }
}

async function describe(admin: KafkaAdmin, topic: string): Promise<TopicDescription | undefined> {
  const metadata = await admin.describeTopic(topic)
  if (metadata === undefined) return undefined // deleted since it was listed
  const [earliest, latest, config] = await Promise.all([
    admin.offsets(topic, 'earliest'),
    admin.offsets(topic, 'latest'),
    admin.topicConfig(topic),
  ])
  const retentionMs = Number(config.get('retention.ms')?.value ?? -1)
  return {
    topic,
    partitions: metadata.partitions.map(({ partition }) => ({
      partition,
      earliestOffset: BigInt(earliest[partition] ?? 0),
      latestOffset: BigInt(latest[partition] ?? 0),
      sizeBytes: undefined,
    })),
    retentionMs: retentionMs < 0 ? undefined : retentionMs,
    replicationFactor: metadata.partitions[0]?.replicas,
    cleanupPolicy: cleanupPolicyOf(config.get('cleanup.policy')?.value),
  }
}

function cleanupPolicyOf(value: string | undefined): CleanupPolicy | undefined {
  const policies = (value ?? '').split(',').map((each) => each.trim())
  if (policies.includes('compact')) return policies.includes('delete') ? 'compact,delete' : 'compact'
  return policies.includes('delete') ? 'delete' : undefined
}
