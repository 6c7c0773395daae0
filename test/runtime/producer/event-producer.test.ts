import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { UserActionEvent } from '../../../jobs/medallion/schemas.ts'
import type { EventInput } from '../../../runtime/producer/envelope.ts'
import { EventProducer, type EventProducerOptions } from '../../../runtime/producer/event-producer.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import type { Logger, MetricScope } from '../../../topology/contract/observability.ts'
import type {
  Acks,
  OutgoingRecord,
  RecordMetadata,
  TopicOptions,
  TopicSystem,
} from '../../../topology/contract/topic.ts'
import { days } from '../../../topology/duration.ts'
import { SluiceError } from '../../../topology/errors.ts'
import { avro, protobuf } from '../../../topology/format.ts'
import { int } from '../../../topology/schema/index.ts'
import { deserializerOf } from '../../../topology/serde.ts'
import { type TopicDeclaration, topic } from '../../../topology/topic.ts'
import { switchableRegistry } from '../../connectors/registry/support/switchable-registry.ts'
import { openRegistryWorld, placed } from '../../support/registry-job.ts'

const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5)

/** Appends to partition 0 of a list, or fails with what it was told to, in turn. */
class FakeTopics implements Partial<TopicSystem> {
  readonly calls: { readonly topic: string; readonly records: readonly OutgoingRecord[]; readonly acks: Acks }[] = []
  readonly failures: unknown[] = []
  readonly ensured: string[] = []
  readonly options: (TopicOptions | undefined)[] = []
  private nextOffset = 0n

  async ensureTopic(topic: string, options?: TopicOptions): Promise<void> {
    this.ensured.push(topic)
    this.options.push(options)
  }

  async append(topic: string, records: readonly OutgoingRecord[], acks: Acks): Promise<readonly RecordMetadata[]> {
    this.calls.push({ topic, records, acks })
    const failure = this.failures.shift()
    if (failure !== undefined) throw failure
    return records.map(() => ({ topic, partition: 0, offset: this.nextOffset++ }))
  }

  get values(): string[] {
    return this.calls.flatMap(({ records }) => records.map(({ value }) => Buffer.from(value!).toString()))
  }
}

function countingMetrics(): MetricScope & { readonly counts: Record<string, number> } {
  const counts: Record<string, number> = {}
  const instrument = (name: string, labels: Readonly<Record<string, string>> = {}) => {
    const key = [name, ...Object.values(labels)].join(' ')
    const add = (count: number) => {
      counts[key] = (counts[key] ?? 0) + count
    }
    return { add, set: () => {}, observe: () => add(1) }
  }
  return { counts, counter: instrument, gauge: instrument, histogram: instrument, timed: (_name, _labels, fn) => fn() }
}

const ignore = () => {}
const logger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore, child: () => logger }

type Options = Partial<EventProducerOptions<typeof UserActionEvent>>

async function open(options: Options = {}) {
  const topics = new FakeTopics()
  const metrics = countingMetrics()
  const delays: number[] = []
  const producer = await EventProducer.open({
    system: topics as unknown as TopicSystem,
    schema: UserActionEvent,
    sourceSystem: 'web-app',
    eventType: 'user_action',
    clock: {
      nowMs: () => NOW_MS,
      monotonicMs: () => NOW_MS,
      schedule(delayMs, callback) {
        delays.push(delayMs)
        queueMicrotask(callback)
        return { [Symbol.dispose]: ignore }
      },
      turn: systemClock.turn,
    },
    random: () => 0.5,
    logger,
    metrics,
    ...options,
  })
  onTestFinished(() => producer.close())
  return { producer, topics, metrics, delays }
}

const purchase = { user_id: 'u1', action: 'purchase', product_id: 'P-1', amount: 19.99 } as const
const busy = () => new SluiceError('LOG_BUSY', 'busy')

describe('publish', () => {
  test('fills in what the event leaves out, and says where it is', async () => {
    const { producer, topics } = await open()
    expect(await producer.publish({ payload: purchase })).toEqual({ topic: 'raw-events', partition: 0, offset: 0n })
    expect(topics.ensured).toEqual(['raw-events'])
    expect(topics.calls[0]).toMatchObject({ topic: 'raw-events', acks: 'all' })
    const record = topics.calls[0]!.records[0]!
    expect(record.timestampMs).toBe(NOW_MS)
    expect(Buffer.from(record.key!).toString()).toBe('u1')
    expect(JSON.parse(topics.values[0]!)).toEqual({
      event_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4/),
      event_type: 'user_action',
      event_timestamp: '2026-01-02T03:04:05.000Z',
      source_system: 'web-app',
      payload: purchase,
      metadata: {
        producer: expect.stringMatching(/^sluice\/\d/),
        producer_host: expect.any(String),
        published_at: '2026-01-02T03:04:05.000Z',
      },
      schema_version: '1.0',
    })
  })

  test('keeps what the event says itself', async () => {
    const { producer, topics } = await open()
    const event = {
      event_id: 'mine',
      event_type: 'user_action',
      event_timestamp: '2025-12-31T23:59:59+01:00',
      source_system: 'app',
      payload: { ...purchase, campaign: 'winter' },
      metadata: { trace: 't1', published_at: 'said so' },
      schema_version: '2.0',
    } as const
    await producer.publish(event)
    expect(JSON.parse(topics.values[0]!)).toEqual({
      ...event,
      metadata: expect.objectContaining({ trace: 't1', published_at: 'said so', producer: expect.any(String) }),
    })
  })

  test('lists every problem of an invalid event, and publishes nothing', async () => {
    const { producer, topics, metrics } = await open()
    const event: object = {
      event_timestamp: 'yesterday',
      payload: { action: 'purchase', product_id: 7 },
      extra: true,
      metadata: 'none',
    }
    const failure = await producer.publish(event as never).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      code: 'EVENT_INVALID',
      message: expect.stringContaining("event for topic 'raw-events' is invalid: "),
      details: { topic: 'raw-events' },
    })
    const { errors } = (failure as SluiceError).details as { errors: { path: string; message: string }[] }
    expect(errors.map(({ path }) => path).sort()).toEqual([
      'event_timestamp',
      'extra',
      'metadata',
      'payload.amount',
      'payload.product_id',
      'payload.user_id',
    ])
    for (const { path } of errors) expect((failure as Error).message).toContain(path)
    expect(topics.calls).toEqual([])
    expect(metrics.counts).toEqual({ 'messages_produced_total raw-events invalid': 1 })
  })

  test.each([
    ['a negative amount', { amount: -1 }, 'payload.amount: must not be negative'],
    ['three decimals', { amount: 1.005 }, 'payload.amount: must have at most 2 decimals'],
    ['a purchase without amount', { amount: undefined }, 'payload.amount: is required for purchase and refund'],
    ['no number', { amount: Number.NaN }, 'payload.amount'],
    ['a lone surrogate', { user_id: '\ud800' }, 'payload.user_id: has half of a surrogate pair'],
    ['a lone surrogate in a name', { '\udc00': 1 }, 'is named with half of a surrogate pair'],
    ['a bigint', { extra: 1n }, 'has no JSON form'],
  ])('refuses %s', async (_what, change, message) => {
    const { producer } = await open()
    await expect(producer.publish({ payload: { ...purchase, ...change } as never })).rejects.toMatchObject({
      code: 'EVENT_INVALID',
      message: expect.stringContaining(message),
    })
  })

  test('takes text that only looks like half of a surrogate pair', async () => {
    const { producer, topics } = await open()
    await producer.publish({ payload: { ...purchase, note: '\\ud800 😀' } })
    expect(JSON.parse(topics.values[0]!).payload.note).toBe('\\ud800 😀')
  })

  test('partitions by the payload field it is told', async () => {
    const { producer, topics } = await open({ keyBy: 'product_id' })
    await producer.publish({ payload: purchase })
    await producer.publish({ payload: { user_id: 'u', action: 'view' } })
    const keys = topics.calls.map(({ records: [record] }) => record!.key && Buffer.from(record!.key).toString())
    expect(keys).toEqual(['P-1', null])
  })

  test('takes the event as it is at the call', async () => {
    const { producer, topics } = await open()
    const event = { payload: { ...purchase, user_id: 'before' } }
    const published = producer.publish(event)
    event.payload.user_id = 'after'
    await published
    expect(JSON.parse(topics.values[0]!).payload.user_id).toBe('before')
  })
})

describe('a topic that is declared', () => {
  const declared = (declaration: TopicDeclaration<any>) => topic('shop-events', UserActionEvent, declaration)

  test('gets events in its format, is made as declared, and gives them its key', async () => {
    await using world = openRegistryWorld(switchableRegistry())
    const shopEvents = declared({ format: avro(), retention: days(7), key: ({ payload }) => payload.product_id })
    const { producer, topics } = await open({ topic: shopEvents, serdes: world.serdes })
    expect(producer.topic).toBe('shop-events')
    expect(topics.options).toEqual([{ retentionMs: days(7) }])
    await producer.publish({ payload: { ...purchase, campaign: 'winter' }, event_id: 'e1' })
    const { key, value } = topics.calls[0]!.records[0]!
    expect(Buffer.from(key!).toString()).toBe('P-1')
    const deserializer = deserializerOf(shopEvents, world.serdes)
    await deserializer.prepare?.([placed(value)])
    expect(deserializer.decode(value)).toMatchObject({
      ok: true,
      value: { event_id: 'e1', payload: { ...purchase, amount: 19_990_000_000_000_000_000n }, schema_version: '1.0' },
    })
  })

  test('in JSON gets them as they are', async () => {
    const { producer, topics } = await open({ topic: declared({}), topicOptions: { partitions: 2 } })
    expect(topics.options).toEqual([{ partitions: 2 }])
    await producer.publish({ payload: { ...purchase, campaign: 'winter' } })
    expect(JSON.parse(topics.values[0]!).payload).toEqual({ ...purchase, campaign: 'winter' })
    expect(Buffer.from(topics.calls[0]!.records[0]!.key!).toString()).toBe('u1')
  })

  test('and only named in its declaration, is not made where a name may be a mistake', async () => {
    const { topics } = await open({ topic: declared({}) })
    expect(topics.options).toEqual([undefined])
  })

  test('gives its key only when the producer is told none', async () => {
    const { producer, topics } = await open({ topic: declared({ key: 'event_type' }), keyBy: 'user_id' })
    await producer.publish({ payload: purchase })
    expect(Buffer.from(topics.calls[0]!.records[0]!.key!).toString()).toBe('u1')
  })

  test("refuses what fits the producer's schema and not its own", async () => {
    await using world = openRegistryWorld(switchableRegistry())
    const Other = UserActionEvent.extend({ tenant: z.string() })
    const other = topic('shop-events', Other, { format: avro() })
    const { producer, topics, metrics } = await open({ topic: other, serdes: world.serdes })
    await expect(producer.publish({ payload: purchase })).rejects.toMatchObject({
      code: 'EVENT_INVALID',
      message: expect.stringMatching(/^event for topic 'shop-events' is invalid: tenant: null is no string/),
    })
    expect(topics.calls).toEqual([])
    expect(metrics.counts).toEqual({ 'messages_produced_total shop-events invalid': 1 })
  })

  test.each([
    ['that refuses its schema', { key: 'event_id', format: avro({ compatibility: 'FULL' }) }, 'SCHEMA_INCOMPATIBLE'],
    ['that nobody opened', { format: protobuf() }, 'SERDES_MISSING'],
  ] as const)('is not made with a registry %s', async (_what, declaration, code) => {
    await using world = openRegistryWorld(switchableRegistry())
    await world.write(topic('shop-events', z.object({ event_id: int() }), { format: avro() }), [{ event_id: 1 }])
    const topics = new FakeTopics()
    const serdes = code === 'SERDES_MISSING' ? {} : { serdes: world.serdes }
    const opening = open({ topic: declared(declaration), system: topics as unknown as TopicSystem, ...serdes })
    await expect(opening).rejects.toMatchObject({ code, message: expect.stringContaining('shop-events') })
    expect(topics.ensured).toEqual([])
  })
})

describe('publishRaw', () => {
  test('takes any bytes, with or without a key', async () => {
    const { producer, topics } = await open()
    const bytes = new Uint8Array([0, 255, 123])
    await producer.publishRaw(bytes, { key: 'k' })
    await producer.publishRaw(bytes)
    expect(topics.calls.flatMap(({ records }) => records)).toEqual([
      { key: Buffer.from('k'), value: bytes, timestampMs: NOW_MS },
      { key: null, value: bytes, timestampMs: NOW_MS },
    ])
  })
})

describe('batches', () => {
  test('what is published together is appended together, in order', async () => {
    const { producer, topics, metrics } = await open()
    const published = Array.from({ length: 1_000 }, (_, i) => producer.publishRaw(Buffer.from(String(i))))
    const metadata = await Promise.all(published)
    expect(topics.calls).toHaveLength(1)
    expect(topics.values).toEqual(metadata.map((_, i) => String(i)))
    expect(metadata.map(({ offset }) => Number(offset))).toEqual(metadata.map((_, i) => i))
    expect(metrics.counts['messages_produced_total raw-events ok']).toBe(1_000)
  })

  test('loops that publish side by side stay together', async () => {
    const { producer, topics } = await open()
    const loop = async () => {
      for (let i = 0; i < 5; i++) await producer.publish({ payload: purchase })
    }
    await Promise.all(Array.from({ length: 20 }, loop))
    expect(topics.calls.map(({ records }) => records.length)).toEqual([20, 20, 20, 20, 20])
  })

  test('end with the record that reaches the limit, so that a larger one goes too', async () => {
    const { producer, topics } = await open({ maxBatchBytes: 10 })
    await Promise.all([4, 4, 4, 100, 1].map((length) => producer.publishRaw(new Uint8Array(length))))
    expect(topics.calls.map(({ records }) => records.map(({ value }) => value!.length))).toEqual([
      [4, 4, 4],
      [100],
      [1],
    ])
  })
})

describe('retries', () => {
  test('transient errors are tried again, with a delay of full jitter that doubles up to its bound', async () => {
    const { producer, topics, delays, metrics } = await open({ retry: { baseMs: 100, maxMs: 300, retries: 4 } })
    topics.failures.push(busy(), busy(), busy(), Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
    expect((await producer.publish({ payload: purchase })).offset).toBe(0n)
    expect(delays).toEqual([50, 100, 150, 150])
    expect(metrics.counts).toEqual({
      'messages_produced_total raw-events ok': 1,
      'produce_retries_total raw-events': 4,
      'produce_duration_seconds raw-events': 1,
    })
  })

  test('end with the error of the last attempt, and the next publish is on its own', async () => {
    const { producer, topics, delays, metrics } = await open()
    topics.failures.push(...Array.from({ length: 6 }, busy))
    await expect(producer.publish({ payload: purchase })).rejects.toMatchObject({ code: 'LOG_BUSY' })
    expect(topics.calls).toHaveLength(6)
    expect(delays).toEqual([25, 50, 100, 200, 400])
    expect(metrics.counts['messages_produced_total raw-events failed']).toBe(1)
    expect((await producer.publish({ payload: purchase })).offset).toBe(0n)
  })

  test('are not made for what stays wrong', async () => {
    const { producer, topics } = await open()
    topics.failures.push(new SluiceError('DISK_FULL', 'full'))
    await expect(producer.publish({ payload: purchase })).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(topics.calls).toHaveLength(1)
  })

  test('keep the order: what is published meanwhile goes behind', async () => {
    const { producer, topics } = await open()
    topics.failures.push(busy())
    await Promise.all(['a', 'b'].map(async (value) => producer.publishRaw(Buffer.from(value))))
    await producer.publishRaw(Buffer.from('c'))
    expect(topics.values).toEqual(['a', 'b', 'a', 'b', 'c'])
  })
})

describe('close', () => {
  test('waits for what was published, and takes nothing more', async () => {
    const { topics, producer } = await open()
    let acknowledged = false
    {
      await using closing = producer
      void closing.publish({ payload: purchase }).then(() => {
        acknowledged = true
      })
    }
    expect(acknowledged).toBe(true)
    expect(topics.calls).toHaveLength(1)
    await expect(producer.publish({ payload: purchase })).rejects.toMatchObject({ code: 'PRODUCER_CLOSED' })
    await expect(producer.publishRaw(new Uint8Array())).rejects.toMatchObject({ code: 'PRODUCER_CLOSED' })
  })
})

test('the types know the schema', () => {
  type Input = EventInput<typeof UserActionEvent>
  expectTypeOf<Input['payload']>().toEqualTypeOf<z.input<typeof UserActionEvent>['payload']>()
  expectTypeOf<{ payload: typeof purchase }>().toExtend<Input>()
  expectTypeOf<{ event_id: string }>().not.toExtend<Input>()
  expectTypeOf<{ payload: { user_id: string; action: 'sell' } }>().not.toExtend<Input>()
})
