/** A producer of the fake. */
import type { KafkaProducer, KafkaTransaction, PartitionRecords } from '../../../connectors/kafka/driver/driver.ts'
import { UNKNOWN_OUTCOME } from '../../../connectors/kafka/errors.ts'
import type { Acks } from '../../../topology/contract/topic.ts'
import { isSluiceError, SluiceError } from '../../../topology/errors.ts'
import type { FakeKafka } from '../fake-kafka.ts'
import { ConnectionLost, type RequestKind } from './network.ts'
import { ConcurrentTransactions, type ProducerIdentity } from './transactions.ts'

export class FakeProducer implements KafkaProducer {
  private readonly kafka: FakeKafka
  private readonly client: string
  private readonly identity: ProducerIdentity | undefined
  /** After an error it is of no more use. */
  private failure: unknown
  private transaction: object | undefined

  constructor(kafka: FakeKafka, client: string, identity: ProducerIdentity | undefined) {
    this.kafka = kafka
    this.client = client
    this.identity = identity
  }

  async send(parts: readonly PartitionRecords[], acks: Acks): Promise<readonly number[]> {
    const subject = parts[0]?.topic ?? ''
    const bases = await this.request('produce', subject, () => this.kafka.append(parts))
    return acks === 0 ? bases.map(() => -1) : bases
  }

  async begin(): Promise<KafkaTransaction> {
    const { identity } = this
    if (identity === undefined) throw new Error('this producer has no transactional id')
    if (this.transaction !== undefined) throw new Error(`${identity.transactionalId} has a transaction already`)
    let hasSent = false
    const end = async (isCommitted: boolean) => {
      this.transaction = undefined
      if (!hasSent) return
      await this.request('end-transaction', identity.transactionalId, () => {
        this.kafka.transactions.end(identity, isCommitted)
        this.kafka.changed()
      })
    }
    const transaction: KafkaTransaction = {
      send: async (parts) => {
        await this.request('produce', identity.transactionalId, () => this.kafka.append(parts, identity))
        hasSent = true
      },
      commit: () => end(true),
      abort: () => end(false),
    }
    this.transaction = transaction
    return transaction
  }

  async close(): Promise<void> {
    this.failure ??= new Error('the producer is closed')
  }

  private async request<T>(kind: RequestKind, subject: string, arrive: () => T): Promise<T> {
    if (this.failure !== undefined) throw this.failure
    const { kafka, client } = this
    for (;;) {
      try {
        return await kafka.carry({ kind, client, subject }, arrive)
      } catch (error) {
        if (error instanceof ConcurrentTransactions) continue
        if (error instanceof ConnectionLost) {
          this.failure = new SluiceError(UNKNOWN_OUTCOME, `${subject}: no reply to ${kind}`, { cause: error })
        } else if (isSluiceError(error, 'FENCED')) this.failure = error
        throw this.failure ?? error
      }
    }
  }
}
