/** Publishes an application's events to a topic: checked, completed, batched and retried. */
import { randomUUID } from 'node:crypto'
import type { Clock, Random } from '../../topology/contract/clock.ts'
import type { Counter, Histogram, Logger, MetricScope } from '../../topology/contract/observability.ts'
import type { Acks, OutgoingRecord, RecordMetadata, TopicOptions, TopicSystem } from '../../topology/contract/topic.ts'
import { SluiceError } from '../../topology/errors.ts'
import {
  completeEnvelope,
  type EnvelopeDefaults,
  type EventEnvelope,
  type EventInput,
  type EventSchema,
} from './envelope.ts'
import { RecordAccumulator } from './record-accumulator.ts'
import { type RetryOptions, withRetries } from './retry.ts'
import { encodeEvent, validateEvent } from './validate-event.ts'

export interface EventProducerOptions<S extends EventSchema> {
  /** Where topics live. */
  readonly system: TopicSystem
  /** Whether `system` closes with the producer. @default false */
  readonly ownsSystem?: boolean
  /** The whole envelope. */
  readonly schema: S
  /** The application, as `source_system` names it. */
  readonly sourceSystem: string
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly metrics: MetricScope
  /** @default 'raw-events' */
  readonly topic?: string
  /** For a topic that is not there yet. */
  readonly topicOptions?: TopicOptions
  /** For events that leave it out. */
  readonly eventType?: string
  /** For events that leave it out. @default '1.0' */
  readonly schemaVersion?: string
  /** The payload field whose value partitions events; they keep their order per value. @default 'user_id' */
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
 * @example
 * await using producer = await openEventProducer({ schema: UserActionEvent, sourceSystem: 'web-app' })
 * const { partition, offset } = await producer.publish({
 *   event_type: 'user_action',
 *   payload: { user_id: 'u1', action: 'purchase', product_id: 'P7', amount: 19.99 },
 * })
 */
export class EventProducer<S extends EventSchema> implements AsyncDisposable {
  readonly topic: string
  private readonly options: EventProducerOptions<S>
  private readonly defaults: EnvelopeDefaults
  private readonly keyField: string
  private readonly accumulator: RecordAccumulator
  private readonly status: { readonly ok: Counter; readonly invalid: Counter; readonly failed: Counter }
  private readonly retried: Counter
  private readonly duration: Histogram
  private closed = false

  /** Makes the topic if it is not there. */
  static async open<S extends EventSchema>(options: EventProducerOptions<S>): Promise<EventProducer<S>> {
    const producer = new EventProducer(options)
    await options.system.ensureTopic(producer.topic, options.topicOptions)
    return producer
  }

  private constructor(options: EventProducerOptions<S>) {
    const { topic = 'raw-events', keyBy = 'user_id', maxBatchBytes = 4 << 20, metrics } = options
    this.topic = topic
    this.options = options
    this.keyField = keyBy
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
    let value: Buffer
    try {
      validateEvent(this.options.schema, complete, this.topic)
      value = encodeEvent(complete, this.topic)
    } catch (error) {
      this.status.invalid.add(1)
      throw error
    }
    return this.accumulator.add({ key: this.keyOf(complete), value, timestampMs: nowMs })
  }

  /** Publishes any bytes, as they are: nothing is checked and nothing added. */
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
    if (this.options.ownsSystem === true) await this.options.system.close()
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

  private keyOf(event: Record<string, unknown>): Buffer | null {
    const value = (event['payload'] as EventEnvelope['payload'] & Record<string, unknown>)[this.keyField]
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
