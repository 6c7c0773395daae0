/** The producer's part of the port, on Kafka's own protocol. Sends go one after the other. */
import type { Acks } from '../../../../topology/contract/topic.ts'
import { isSluiceError, SluiceError } from '../../../../topology/errors.ts'
import { responseError, UNKNOWN_OUTCOME, unknownOutcome } from '../../errors.ts'
import type { KafkaProducer, KafkaTransaction, PartitionRecords, ProducerOptions } from '../driver.ts'
import {
  addPartitionsApi,
  endTransactionApi,
  initProducerIdApi,
  type TopicPartition,
} from '../protocol/transactions.ts'
import type { BrokerConnection } from './broker-connection.ts'
import type { Cluster } from './cluster.ts'
import { PartitionSend } from './partition-send.ts'
import { ProduceRounds } from './produce-rounds.ts'
import { ProducerSession } from './producer-session.ts'
import { retrying } from './retry.ts'

const DEFAULT_TRANSACTION_TIMEOUT_MS = 60_000

export class ClientProducer implements KafkaProducer {
  private readonly cluster: Cluster
  private readonly options: ProducerOptions
  private readonly rounds: ProduceRounds
  /** For what is sent outside of transactions; made at the first use. */
  private plain: ProducerSession | undefined
  private transactional: ProducerSession | undefined
  private tail: Promise<unknown> = Promise.resolve()
  /** What has made this producer useless. */
  private failed: SluiceError | undefined

  private constructor(cluster: Cluster, options: ProducerOptions) {
    this.cluster = cluster
    this.options = options
    this.rounds = new ProduceRounds(cluster)
  }

  static async create(cluster: Cluster, options: ProducerOptions): Promise<ClientProducer> {
    const producer = new ClientProducer(cluster, options)
    await cluster.connect()
    if (options.transactionalId !== undefined)
      producer.transactional = await producer.initialise(options.transactionalId)
    return producer
  }

  send(parts: readonly PartitionRecords[], acks: Acks): Promise<readonly number[]> {
    return this.inTurn(async () => {
      if (acks === 'all') this.plain ??= await this.initialise(undefined)
      const session = acks === 'all' ? this.plain : undefined
      return await this.deliver(parts, session, acks === 'all' ? -1 : acks)
    })
  }

  async begin(): Promise<KafkaTransaction> {
    const { transactionalId } = this.options
    const session = this.transactional
    if (transactionalId === undefined || session === undefined) {
      throw new SluiceError('KAFKA_NOT_TRANSACTIONAL', 'this producer has no transactional id, and so no transactions')
    }
    if (this.failed !== undefined) throw this.failed
    return new Transaction(this.cluster, transactionalId, session, {
      deliver: (parts) => this.inTurn(() => this.deliver(parts, session, -1, transactionalId)),
      inTurn: (run) => this.inTurn(run),
      timeoutMs: this.rounds.deliveryTimeoutMs,
    })
  }

  async close(): Promise<void> {
    this.failed ??= new SluiceError('KAFKA_CLOSED', 'this producer is closed')
    this.cluster.close()
  }

  /** @param transactionalId undefined: a producer id for retries only */
  private async initialise(transactionalId: string | undefined): Promise<ProducerSession> {
    const { transactionTimeoutMs = DEFAULT_TRANSACTION_TIMEOUT_MS } = this.options
    const ask = async (broker: BrokerConnection) => {
      const { error, ...identity } = await broker.request(initProducerIdApi, { transactionalId, transactionTimeoutMs })
      if (error === 'NONE') return new ProducerSession(identity)
      throw responseError(error, { doing: 'initialising a producer', ...(transactionalId && { transactionalId }) })
    }
    return await retrying(this.rounds.deliveryTimeoutMs, async () =>
      transactionalId === undefined
        ? await ask(await this.cluster.controller())
        : await this.cluster.atCoordinator('transaction', transactionalId, ask),
    )
  }

  private async deliver(
    parts: readonly PartitionRecords[],
    session: ProducerSession | undefined,
    acks: -1 | 0 | 1,
    transactionalId?: string,
  ): Promise<readonly number[]> {
    const options = {
      compression: this.options.compression ?? 'none',
      nowMs: Date.now(),
      session,
      isTransactional: transactionalId !== undefined,
    }
    const sends = parts.map((part) => new PartitionSend(part, options))
    await this.rounds.deliver(sends, { transactionalId, acks })
    return sends.map(({ baseOffset }) => baseOffset)
  }

  /** One after the other: sequence numbers have to arrive in order. */
  private inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.tail.then(async () => {
      if (this.failed !== undefined) throw this.failed
      try {
        return await run()
      } catch (error) {
        if (isSluiceError(error, UNKNOWN_OUTCOME) || isSluiceError(error, 'FENCED')) this.failed = error
        throw error
      }
    })
    this.tail = turn.catch(() => {})
    return turn
  }
}

interface TransactionHost {
  deliver(parts: readonly PartitionRecords[]): Promise<unknown>
  inTurn<T>(run: () => Promise<T>): Promise<T>
  readonly timeoutMs: number
}

class Transaction implements KafkaTransaction {
  private readonly cluster: Cluster
  private readonly transactionalId: string
  private readonly session: ProducerSession
  private readonly host: TransactionHost
  private readonly added = new Set<string>()

  constructor(cluster: Cluster, transactionalId: string, session: ProducerSession, host: TransactionHost) {
    this.cluster = cluster
    this.transactionalId = transactionalId
    this.session = session
    this.host = host
  }

  async send(parts: readonly PartitionRecords[]): Promise<void> {
    await this.addPartitions(parts)
    await this.host.deliver(parts)
  }

  commit(): Promise<void> {
    return this.end(true)
  }

  abort(): Promise<void> {
    return this.end(false)
  }

  private async addPartitions(parts: readonly TopicPartition[]): Promise<void> {
    const partitions = parts.filter((part) => !this.added.has(keyOf(part)))
    if (partitions.length === 0) return
    const { transactionalId, session, cluster } = this
    await this.host.inTurn(() =>
      retrying(this.host.timeoutMs, () =>
        cluster.atCoordinator('transaction', transactionalId, async (coordinator) => {
          const request = { transactionalId, ...session.identity, partitions }
          const answers = await coordinator.request(addPartitionsApi, request)
          const failed = answers.filter(({ error }) => error !== 'NONE')
          // The others were not tried because of this one.
          const cause = failed.find(({ error }) => error !== 'OPERATION_NOT_ATTEMPTED')
          if (cause === undefined) return
          const { topic, partition } = cause
          const doing = 'adding it to a transaction'
          throw responseError(await cluster.meaningOf(cause.error, cause), { doing, transactionalId, topic, partition })
        }),
      ),
    )
    for (const part of partitions) this.added.add(keyOf(part))
  }

  private async end(commit: boolean): Promise<void> {
    // A transaction without partitions is unknown to the broker.
    if (this.added.size === 0) return
    const { transactionalId, session, cluster } = this
    const subject = { doing: commit ? 'committing its transaction' : 'aborting its transaction', transactionalId }
    await this.host.inTurn(() =>
      retrying(this.host.timeoutMs, () =>
        cluster.atCoordinator('transaction', transactionalId, async (coordinator) => {
          await coordinator.connect()
          const request = { transactionalId, ...session.identity, commit }
          // Without an answer it is not sent again: the first may be on its way still, and would end the next transaction.
          const { error } = await coordinator.request(endTransactionApi, request).catch((cause: unknown) => {
            throw unknownOutcome(subject, cause)
          })
          if (error !== 'NONE') throw responseError(error, subject)
        }),
      ),
    )
    this.added.clear()
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${partition} ${topic}`
}
