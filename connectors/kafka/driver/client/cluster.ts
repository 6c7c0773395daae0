/** The brokers of a cluster as one client knows them: found by the bootstrap servers, then by metadata. */
import type { Logger } from '../../../../topology/contract/observability.ts'
import { isSluiceError, type SluiceError } from '../../../../topology/errors.ts'
import { responseError, topicNotFound, UNREACHABLE, unreachable } from '../../errors.ts'
import type { KafkaSettings } from '../../settings.ts'
import type { TopicMetadata } from '../driver.ts'
import type { KafkaErrorName } from '../protocol/error-codes.ts'
import { type MetadataResponse, metadataApi } from '../protocol/metadata.ts'
import { type CoordinatorKind, findCoordinatorApi } from '../protocol/offsets.ts'
import { BrokerConnection, type ClientContext } from './broker-connection.ts'
import { retrying } from './retry.ts'

export class Cluster {
  readonly settings: KafkaSettings
  readonly logger: Logger
  private readonly context: ClientContext
  private readonly onClose: () => void
  private readonly bootstrap: readonly BrokerConnection[]
  private readonly brokers = new Map<number, BrokerConnection>()
  /** By kind and id. */
  private readonly coordinators = new Map<string, BrokerConnection>()
  private controllerId = -1
  /** The first to be asked: the one that answered last. */
  private preferred: BrokerConnection | undefined

  constructor(context: ClientContext, onClose: () => void = () => {}) {
    const { settings, logger } = context
    this.context = context
    this.onClose = onClose
    this.settings = settings
    this.logger = logger
    this.bootstrap = settings.bootstrapServers.map((server) => {
      const colon = server.lastIndexOf(':')
      const host = server.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
      return new BrokerConnection({ host, port: Number(server.slice(colon + 1)) }, context)
    })
  }

  /** @throws {SluiceError} `KAFKA_UNREACHABLE` naming the servers, `KAFKA_AUTHENTICATION`, `KAFKA_TLS` */
  async connect(): Promise<void> {
    const { connectTimeoutMs } = this.settings
    let isSaid = false
    await retrying(
      connectTimeoutMs,
      () => this.metadata([]),
      (error) => {
        if (isSaid) return
        isSaid = true
        const { message } = error as SluiceError
        this.logger.warn(
          { event: 'kafka-unreachable', err: error },
          `${message}; trying for ${connectTimeoutMs} ms (KAFKA_CONNECT_TIMEOUT)`,
        )
      },
    )
  }

  /** Undefined for a topic that is not there. */
  async describe(topic: string): Promise<TopicMetadata | undefined> {
    return topicOf(await this.metadata([topic]))
  }

  /** As each broker that can be reached knows it. */
  async describeEverywhere(topic: string): Promise<readonly (TopicMetadata | undefined)[]> {
    await this.metadata([])
    const answers = await Promise.allSettled(
      [...this.brokers.values()].map(async (broker) => topicOf(await broker.request(metadataApi, [topic]))),
    )
    return answers.flatMap((answer) => {
      if (answer.status === 'fulfilled') return [answer.value]
      if (isSluiceError(answer.reason, UNREACHABLE)) return []
      throw answer.reason
    })
  }

  /** @throws {SluiceError} `TOPIC_NOT_FOUND` with the nearest name */
  async require(topic: string): Promise<TopicMetadata> {
    const metadata = await this.describe(topic)
    if (metadata !== undefined) return metadata
    throw topicNotFound(topic, this.settings.bootstrapServers, await this.listTopics())
  }

  /**
   * What an answer about a topic means. Brokers learn of a topic, and of its partitions, one after the other: what one does
   * not know and another does is only not ready yet.
   *
   * @throws {SluiceError} `TOPIC_NOT_FOUND` with the nearest name
   */
  async meaningOf(
    error: KafkaErrorName,
    { topic, partition = 0 }: { readonly topic: string; readonly partition?: number },
  ): Promise<KafkaErrorName> {
    if (error !== 'UNKNOWN_TOPIC_OR_PARTITION') return error
    const { partitions } = await this.require(topic)
    return partitions[partition] === undefined ? error : 'LEADER_NOT_AVAILABLE'
  }

  async listTopics(): Promise<readonly string[]> {
    const { topics } = await this.metadata('all')
    return topics.filter(({ isInternal }) => !isInternal).map(({ topic }) => topic)
  }

  async brokerCount(): Promise<number> {
    return (await this.metadata([])).brokers.length
  }

  /** @throws {SluiceError} `KAFKA_UNAVAILABLE` when no metadata has named it */
  broker(nodeId: number): BrokerConnection {
    const broker = this.brokers.get(nodeId)
    if (broker === undefined) throw responseError('BROKER_NOT_AVAILABLE', { doing: `asking broker ${nodeId}` })
    return broker
  }

  async controller(): Promise<BrokerConnection> {
    if (!this.brokers.has(this.controllerId)) await this.metadata([])
    return this.broker(this.controllerId)
  }

  /**
   * Asks the coordinator of a group or of a transactional id. Who it is, is looked up once, and again when it could not be
   * reached or says that it is another.
   */
  async atCoordinator<T>(kind: CoordinatorKind, id: string, ask: (broker: BrokerConnection) => Promise<T>): Promise<T> {
    const key = `${kind} ${id}`
    try {
      const known = this.coordinators.get(key)
      const broker = known ?? (await this.findCoordinator(kind, id))
      this.coordinators.set(key, broker)
      return await ask(broker)
    } catch (error) {
      if (mayHaveMoved(error)) this.coordinators.delete(key)
      throw error
    }
  }

  close(): void {
    for (const broker of [...this.bootstrap, ...this.brokers.values()]) broker.close()
    this.onClose()
  }

  private async findCoordinator(kind: CoordinatorKind, id: string): Promise<BrokerConnection> {
    const { error, nodeId } = await this.ask((broker) => broker.request(findCoordinatorApi, { kind, id }))
    if (error !== 'NONE') {
      const subject = kind === 'group' ? { group: id } : { transactionalId: id }
      throw responseError(error, { doing: 'finding its coordinator', ...subject })
    }
    if (!this.brokers.has(nodeId)) await this.metadata([])
    return this.broker(nodeId)
  }

  private async metadata(topics: readonly string[] | 'all'): Promise<MetadataResponse> {
    const metadata = await this.ask((broker) => broker.request(metadataApi, topics))
    this.controllerId = metadata.controllerId
    for (const { nodeId, host, port } of metadata.brokers) {
      const known = this.brokers.get(nodeId)
      if (known?.host === host && known.port === port) continue
      known?.close()
      this.brokers.set(nodeId, new BrokerConnection({ host, port }, this.context))
    }
    return metadata
  }

  /** What every broker can answer: the first that does. One that refuses the client ends it, as all would. */
  private async ask<T>(request: (broker: BrokerConnection) => Promise<T>): Promise<T> {
    const known = [...this.brokers.values()]
    const candidates = new Set([...(this.preferred === undefined ? [] : [this.preferred]), ...known, ...this.bootstrap])
    let last: SluiceError | undefined
    for (const broker of candidates) {
      try {
        const answer = await request(broker)
        this.preferred = broker
        return answer
      } catch (error) {
        if (!isSluiceError(error, UNREACHABLE)) throw error
        last = error
      }
    }
    throw unreachable(this.settings.bootstrapServers, String(last?.details['reason']), last)
  }
}

/** Undefined: it is not there, as far as the broker knows that was asked for it alone. */
function topicOf({ topics }: MetadataResponse): TopicMetadata | undefined {
  const { topic, error, partitions } = topics[0]!
  if (error === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined
  if (error !== 'NONE' && error !== 'LEADER_NOT_AVAILABLE')
    throw responseError(error, { doing: 'asking for it', topic })
  return { topic, partitions }
}

const NOT_THERE: ReadonlySet<unknown> = new Set<KafkaErrorName>(['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE'])

function mayHaveMoved(error: unknown): boolean {
  return isSluiceError(error) && (error.code === UNREACHABLE || NOT_THERE.has(error.details['kafkaError']))
}
