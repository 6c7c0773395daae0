/** The producer's part of the port on librdkafka's producer, which is idempotent, batches and retries by itself. */
import kafka, { type DeliveryReport, type LibrdKafkaError, type Producer } from '@confluentinc/kafka-javascript'
import type { Acks, OutgoingRecord } from '../../../../topology/contract/topic.ts'
import { isSluiceError, SluiceError } from '../../../../topology/errors.ts'
import { recordTooLarge, UNKNOWN_OUTCOME } from '../../errors.ts'
import type { KafkaSettings } from '../../settings.ts'
import type { KafkaProducer, KafkaTransaction, PartitionRecords, ProducerOptions } from '../driver.ts'
import { recordSizeBound } from '../protocol/encode-record-batch.ts'
import { connectClient, disconnectClient } from './connect.ts'
import { rdKafkaConfig } from './rdkafka-config.ts'
import { isNamed, rdKafkaError } from './rdkafka-error.ts'

const DELIVERY_REQUESTS = 4
const DEFAULT_TRANSACTION_TIMEOUT_MS = 60_000

export interface TopicLookup {
  require(topic: string): Promise<unknown>
}

/** What one send has for one partition. */
interface Pending {
  readonly part: PartitionRecords
  missing: number
  baseOffset: number
  error: LibrdKafkaError | undefined
  settle(): void
}

export class ConfluentProducer implements KafkaProducer {
  private readonly settings: KafkaSettings
  private readonly options: ProducerOptions
  private readonly topics: TopicLookup
  private readonly plain = new Map<Acks, Promise<Producer>>()
  private transactional: Producer | undefined
  private tail: Promise<unknown> = Promise.resolve()
  private failed: SluiceError | undefined

  private constructor(settings: KafkaSettings, options: ProducerOptions, topics: TopicLookup) {
    this.settings = settings
    this.options = options
    this.topics = topics
  }

  static async create(
    settings: KafkaSettings,
    options: ProducerOptions,
    topics: TopicLookup,
  ): Promise<ConfluentProducer> {
    const self = new ConfluentProducer(settings, options, topics)
    const { transactionalId } = options
    if (transactionalId === undefined) {
      await self.plainProducer('all')
      return self
    }
    self.transactional = await self.connect({
      'transactional.id': transactionalId,
      'transaction.timeout.ms': self.transactionTimeoutMs,
    })
    await self.call('initialising a producer', false, (done) =>
      self.transactional!.initTransactions(self.deliveryMs, done),
    )
    return self
  }

  send(parts: readonly PartitionRecords[], acks: Acks): Promise<readonly number[]> {
    return this.inTurn(async () => this.deliver(await this.plainProducer(acks), parts))
  }

  async begin(): Promise<KafkaTransaction> {
    const producer = this.transactional
    if (producer === undefined) {
      throw new SluiceError('KAFKA_NOT_TRANSACTIONAL', 'this producer has no transactional id, and so no transactions')
    }
    await this.inTurn(() => this.call('beginning a transaction', false, (done) => producer.beginTransaction(done)))
    return {
      send: async (parts) => {
        await this.inTurn(() => this.deliver(producer, parts))
      },
      commit: () =>
        this.inTurn(() =>
          this.call('committing its transaction', true, (done) => producer.commitTransaction(this.deliveryMs, done)),
        ),
      abort: () =>
        this.inTurn(() =>
          this.call('aborting its transaction', false, (done) => producer.abortTransaction(this.deliveryMs, done)),
        ),
    }
  }

  async close(): Promise<void> {
    this.failed ??= new SluiceError('KAFKA_CLOSED', 'this producer is closed')
    const plain = await Promise.allSettled(this.plain.values())
    const open = plain.flatMap((producer) => (producer.status === 'fulfilled' ? [producer.value] : []))
    if (this.transactional !== undefined) open.push(this.transactional)
    await Promise.all(open.map(disconnectClient))
  }

  private get transactionTimeoutMs(): number {
    return this.options.transactionTimeoutMs ?? DEFAULT_TRANSACTION_TIMEOUT_MS
  }

  private get deliveryMs(): number {
    return this.settings.requestTimeoutMs * DELIVERY_REQUESTS
  }

  private plainProducer(acks: Acks): Promise<Producer> {
    let producer = this.plain.get(acks)
    if (producer === undefined) {
      producer = this.connect(acks === 'all' ? { 'enable.idempotence': true } : { 'request.required.acks': acks })
      this.plain.set(acks, producer)
    }
    return producer
  }

  private async connect(own: Readonly<Record<string, unknown>>): Promise<Producer> {
    const producer = new kafka.Producer({
      ...rdKafkaConfig(this.settings),
      'compression.codec': this.options.compression ?? 'none',
      'linger.ms': 0,
      'message.timeout.ms': Math.min(this.deliveryMs, this.transactionTimeoutMs),
      // Whether a record is too large is the topic's business.
      'message.max.bytes': 1_000_000_000,
      'queue.buffering.max.messages': 10_000_000,
      'queue.buffering.max.kbytes': 2_097_151,
      dr_cb: true,
      ...own,
    } as ConstructorParameters<typeof kafka.Producer>[0])
    producer.on('delivery-report', (error: LibrdKafkaError | null, report: DeliveryReport) => {
      const pending = report.opaque as Pending
      if (error) pending.error ??= error
      else if (report.offset >= 0 && (pending.baseOffset < 0 || report.offset < pending.baseOffset))
        pending.baseOffset = report.offset
      if (--pending.missing === 0) pending.settle()
    })
    await connectClient(producer, this.settings)
    producer.setPollInBackground(true)
    return producer
  }

  private async deliver(producer: Producer, parts: readonly PartitionRecords[]): Promise<readonly number[]> {
    for (const topic of new Set(parts.map(({ topic }) => topic))) await this.topics.require(topic)
    const sends = await Promise.all(parts.map((part) => this.deliverPart(producer, part)))
    return sends.map(({ baseOffset }) => baseOffset)
  }

  private async deliverPart(producer: Producer, part: PartitionRecords): Promise<Pending> {
    const { topic, partition, records } = part
    const settled = Promise.withResolvers<void>()
    const pending: Pending = {
      part,
      missing: records.length,
      baseOffset: -1,
      error: undefined,
      settle: settled.resolve,
    }
    const nowMs = Date.now()
    for (const record of records) produce(producer, topic, partition, record, nowMs, pending)
    if (records.length > 0) await settled.promise
    const { error } = pending
    if (error === undefined) return pending
    if (isNamed(error, 'MESSAGE_TOO_LARGE'))
      throw recordTooLarge(topic, Math.max(...records.map(recordSizeBound)), undefined)
    throw rdKafkaError(error, { doing: 'sending records', topic, partition }, this.settings, true)
  }

  private call(
    doing: string,
    mayBeDone: boolean,
    run: (done: (error: LibrdKafkaError) => void) => void,
  ): Promise<void> {
    const { transactionalId } = this.options
    const subject = { doing, ...(transactionalId !== undefined && { transactionalId }) }
    return new Promise((resolve, reject) => {
      run((error) => (error ? reject(rdKafkaError(error, subject, this.settings, mayBeDone)) : resolve()))
    })
  }

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

function produce(
  producer: Producer,
  topic: string,
  partition: number,
  record: OutgoingRecord,
  nowMs: number,
  pending: Pending,
): void {
  const { key, value, headers, timestampMs = nowMs } = record
  const asBuffer = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const named = headers?.map((header) => ({ [header.key]: asBuffer(header.value) as Buffer }))
  producer.produce(topic, partition, asBuffer(value), asBuffer(key), timestampMs, pending, named)
}
