/** Publishes an application's events to a topic: checked, completed, batched and retried. */
import { randomUUID } from 'node:crypto'
import type { Clock, Random } from '../../topology/contract/clock.ts'
import type { Counter, Histogram, Logger, MetricScope } from '../../topology/contract/observability.ts'
import type { SerdeSystem } from '../../topology/contract/serde.ts'
import type { Acks, OutgoingRecord, RecordMetadata, TopicOptions, TopicSystem } from '../../topology/contract/topic.ts'
import { SluiceError } from '../../topology/errors.ts'
import { declaredOptions, type Topic } from '../../topology/topic.ts'
import {
  completeEnvelope,
  type EnvelopeDefaults,
  type EventEnvelope,
  type EventInput,
  type EventSchema,
} from './envelope.ts'
import { noSerdes } from './no-serdes.ts'
import { RecordAccumulator } from './record-accumulator.ts'
import { type RetryOptions, withRetries } from './retry.ts'
import { openTopicEncoder, type TopicEncoder } from './topic-encoder.ts'
import { encodeEvent, eventInvalid, validateEvent } from './validate-event.ts'

export interface EventProducerOptions<S extends EventSchema> {
  /** Where topics live. */
  readonly system: TopicSystem
  /** What writes topics in Avro and Protobuf. @default none: topics are in JSON */
  readonly serdes?: SerdeSystem
  /** Whether `system` and `serdes` close with the producer. @default false */
  readonly ownsSystem?: boolean
  /** The whole envelope. */
  readonly schema: S
  /** The application, as `source_system` names it. */
  readonly sourceSystem: string
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly metrics: MetricScope
  /**
   * Its name, or its declaration: events then go in as the topic's format says, and have to fit its schema as well as
   * `schema`. A name alone is a topic in JSON.
   *
   * @default 'raw-events'
   */
  readonly topic?: string | Topic<any>
  /** For a topic that is not there yet; goes before what the declaration says. */
  readonly topicOptions?: TopicOptions
  /** For events that leave it out. */
  readonly eventType?: string
  /** For events that leave it out. @default '1.0' */
  readonly schemaVersion?: string
  /**
   * The payload field whose value partitions events; they keep their order per value.
   *
   * @default the key of the topic's declaration, or else 'user_id'
   */
  readonly keyBy?: string
  /** @default 'all' */
  readonly acks?: Acks
  readonly retry?: RetryOptions
  /** An append ends with the record that reaches this. @default 4 MiB */
  readonly maxBatchBytes?: number
  /** @default crypto.randomUUID */
  readonly newId?: () => string
}

export interface RawOptions {
  /** Chooses the partition. @default none: any partition */
  readonly key?: string | Uint8Array | null
}

/**
 * An application's way into Sluice.
 *
 * Delivery is at least once, in order: what `publish` resolved with is in the topic as `acks` says, what it rejected is not
 * or, when the system's answer was lost, may be. A retry may append an event twice; its event_id tells.
 *
 * Events that are published without waiting for each other go in together: `Promise.all` over a thousand is one
 * transaction. Whoever publishes in a loop should wait for every few thousand, since what waits is kept in memory.
 *
 * Events are JSON, unless the topic is given by its declaration: then they are written as its format says, by the
 * serializers that jobs have. For Avro and Protobuf the schema is registered when the producer is opened, under the topic's
 * subject and with the compatibility that the format says; an event of another schema than the topic's is refused before
 * anything is sent. What a loose object holds beyond its fields goes into JSON only.
 *
 * @example
 * await using producer = await openEventProducer({ schema: UserActionEvent, sourceSystem: 'web-app' })
 * const { partition, offset } = await producer.publish({
 *   event_type: 'user_action',
 *   payload: { user_id: 'u1', action: 'purchase', product_id: 'P7', amount: 19.99 },
 * })
 * @example
 * const shopEvents = topic('shop-events', UserActionEvent, { format: avro({ compatibility: 'FULL' }) })
 * await using producer = await openEventProducer({ topic: shopEvents, schema: UserActionEvent, sourceSystem: 'web-app' })
 */
export class EventProducer<S extends EventSchema> implements AsyncDisposable {
  readonly topic: string
  private readonly options: EventProducerOptions<S>
  private readonly defaults: EnvelopeDefaults
  /** Undefined: a topic in JSON that is only named. */
  private readonly encodeRecord: TopicEncoder | undefined
  private readonly accumulator: RecordAccumulator
  private readonly status: { readonly ok: Counter; readonly invalid: Counter; readonly failed: Counter }
  private readonly retried: Counter
  private readonly duration: Histogram
  private closed = false

  /**
   * Registers the schema of a topic in Avro or Protobuf, and makes the topic if it is not there.
   *
   * @throws {SluiceError} `SCHEMA_INCOMPATIBLE`, saying what is; `REGISTRY_UNAVAILABLE`, after 10 seconds;
   * `REGISTRY_DENIED`, `REGISTRY_REFUSED`; `SERDES_MISSING`
   */
  static async open<S extends EventSchema>(options: EventProducerOptions<S>): Promise<EventProducer<S>> {
    const { system, serdes = noSerdes, topic = 'raw-events', topicOptions } = options
    if (typeof topic === 'string') {
      await system.ensureTopic(topic, topicOptions)
      return new EventProducer(options, topic, undefined)
    }
    const encodeRecord = await openTopicEncoder(topic, serdes)
    await system.ensureTopic(topic.name, declaredOptions({ ...topic.options, ...topicOptions }))
    return new EventProducer(options, topic.name, encodeRecord)
  }

  private constructor(options: EventProducerOptions<S>, topic: string, encodeRecord: TopicEncoder | undefined) {
    const { maxBatchBytes = 4 << 20, metrics } = options
    this.topic = topic
    this.options = options
    this.encodeRecord = encodeRecord
    this.defaults = {
      sourceSystem: options.sourceSystem,
      schemaVersion: options.schemaVersion ?? '1.0',
      eventType: options.eventType,
      newId: options.newId ?? randomUUID,
    }
    this.accumulator = new RecordAccumulator((records) => this.append(records), maxBatchBytes)
    const produced = (status: string) => metrics.counter('messages_produced_total', { topic, status })
    this.status = { ok: produced('ok'), invalid: produced('invalid'), failed: produced('failed') }
    this.retried = metrics.counter('produce_retries_total', { topic })
    this.duration = metrics.histogram('produce_duration_seconds', { topic })
  }

  /**
   * Publishes an event. What it leaves out is filled in: event_id, event_timestamp (now), source_system, schema_version,
   * and metadata about the producer beside its own.
   *
   * @returns where it is, once acknowledged.
   * @throws {SluiceError} `EVENT_INVALID` with every problem in `details.errors`; else what the last attempt threw.
   */
  async publish(event: EventInput<S>): Promise<RecordMetadata> {
    this.requireOpen()
    const nowMs = this.options.clock.nowMs()
    const complete = completeEnvelope(event, this.defaults, nowMs)
    let record: Pick<OutgoingRecord, 'key' | 'value'>
    try {
      validateEvent(this.options.schema, complete, this.topic)
      record = this.recordOf(complete)
    } catch (error) {
      this.status.invalid.add(1)
      throw error
    }
    return this.accumulator.add({ ...record, timestampMs: nowMs })
  }

  /** Publishes any bytes, as they are and whatever the topic's format: nothing is checked and nothing added. */
  async publishRaw(value: Uint8Array, { key = null }: RawOptions = {}): Promise<RecordMetadata> {
    this.requireOpen()
    const keyBytes = typeof key === 'string' ? Buffer.from(key) : key
    return this.accumulator.add({ key: keyBytes, value, timestampMs: this.options.clock.nowMs() })
  }

  /** Resolves when everything published so far has been acknowledged or refused. */
  flush(): Promise<void> {
    return this.accumulator.flush()
  }

  /** Flushes, and takes nothing more. */
  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    await this.flush()
    if (this.options.ownsSystem !== true) return
    await this.options.serdes?.close()
    await this.options.system.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private async append(records: readonly OutgoingRecord[]): Promise<readonly RecordMetadata[]> {
    const { system, clock, random, logger, acks = 'all', retry = {} } = this.options
    const startMs = clock.monotonicMs()
    try {
      const metadata = await withRetries(() => system.append(this.topic, records, acks), retry, {
        clock,
        random,
        onRetry: (error) => {
          this.retried.add(records.length)
          logger.warn(
            { event: 'append-retried', topic: this.topic, records: records.length, err: error },
            'append failed',
          )
        },
      })
      this.status.ok.add(records.length)
      return metadata
    } catch (error) {
      this.status.failed.add(records.length)
      throw error
    } finally {
      this.duration.observe((clock.monotonicMs() - startMs) / 1000)
    }
  }

  /** @throws {SluiceError} `EVENT_INVALID` */
  private recordOf(event: Record<string, unknown>): Pick<OutgoingRecord, 'key' | 'value'> {
    const json = encodeEvent(event, this.topic)
    const record = this.encodeRecord?.(json) ?? { ok: true, value: json, key: undefined }
    if (!record.ok) throw eventInvalid(this.topic, [{ path: '', message: record.reason }])
    const isDeclared = record.key !== undefined && this.options.keyBy === undefined
    return { value: record.value, key: isDeclared ? record.key : this.keyOf(event) }
  }

  private keyOf(event: Record<string, unknown>): Buffer | null {
    const { keyBy = 'user_id' } = this.options
    const value = (event['payload'] as EventEnvelope['payload'] & Record<string, unknown>)[keyBy]
    return value === undefined || value === null ? null : Buffer.from(String(value))
  }

  private requireOpen(): void {
    if (!this.closed) return
    throw new SluiceError('PRODUCER_CLOSED', `producer for topic '${this.topic}': it has been closed`, {
      fix: 'Publish before close, or open another producer.',
      details: { topic: this.topic },
    })
  }
}
