import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { bronzeLayer, cleanse, cleanseWith, lower, trim, upper } from '../../operators/index.ts'
import type { SourceRecord } from '../../topology/contract/source.ts'
import { decimal } from '../../topology/schema/index.ts'
import type { Stream, TopicStream } from '../../topology/stream.ts'
import type { Topic } from '../../topology/topic.ts'
import { topic } from '../../topology/topic.ts'
import { harness } from '../support/operator-harness.ts'

const Event = z.strictObject({
  id: z.string(),
  source_system: z.string().nullish(),
  payload: z.looseObject({ user: z.string(), amount: decimal(38, 18).nullish() }),
})

const events = topic('raw', Event)
type EventOf<X> = X extends Topic<infer T> ? T : never

const columns = { id: 'id', user: 'payload.user', amount: 'payload.amount' } as const

/** As `from(topic(…))` makes it, over the harness' own source. */
const fromTopic = (received: Stream<SourceRecord>) =>
  Object.assign(Object.create(received), { received, declared: events }) as TopicStream<EventOf<typeof events>>

const build = (s: Stream<SourceRecord>) =>
  bronzeLayer<EventOf<typeof events>, typeof columns>({ sourceSystem: 'web', columns })(fromTopic(s))

let offset = 0n
const record = (value: string | Uint8Array): SourceRecord => ({
  topic: 'raw',
  partition: 2,
  offset: offset++,
  timestampMs: 1_500.25,
  key: null,
  value: typeof value === 'string' ? new TextEncoder().encode(value) : value,
})
const good = '{"id":"e1","payload":{"user":"ann","amount":19.9,"extra":[1]}}'

describe('bronzeLayer', () => {
  it('emits nothing for nothing, and passes watermarks of splits to every output', async () => {
    const run = await harness(build)
    run.watermark(Number.NEGATIVE_INFINITY, 3).end()
    for (const port of ['out', 'parsed', 'rejected'] as const) {
      expect(run.rows(port)).toEqual([])
      expect(run.elements(port)[0]).toEqual({ kind: 'watermark', timestampMs: Number.NEGATIVE_INFINITY, split: 3 })
    }
  })

  it('keeps the bytes and adds coordinates, hash and parsed columns', async () => {
    const run = await harness(build)
    run.clock.advance(7.5)
    const given = record(good)
    run.batch([given], { split: 2 })
    expect(run.rows()).toEqual([
      {
        raw_payload: given.value,
        source_topic: 'raw',
        source_partition: 2,
        source_offset: given.offset,
        source_timestamp: 1_500_250n,
        ingestion_timestamp: 7_500n,
        source_system: 'web',
        record_hash: createHash('sha256').update(good).digest('hex'),
        id: 'e1',
        user: 'ann',
        amount: 19_900_000_000_000_000_000n,
      },
    ])
    expect(run.rows()[0]!.raw_payload).toBe(given.value)
    expect(run.rows('parsed')[0]).toBe(run.rows()[0])
    expect(run.batches('parsed')[0]!.split).toBe(2)
    expect(run.rows('rejected')).toEqual([])
  })

  it('takes the source system that the event names', async () => {
    const run = await harness(build)
    run.batch([record('{"id":"e1","source_system":"ios","payload":{"user":"ann"}}')])
    expect(run.rows()[0]).toMatchObject({ source_system: 'ios', amount: null })
  })

  it.each([
    ['no UTF-8', new Uint8Array([0xff, 0xfe]), 'json'],
    ['no JSON', '{"id":', 'json'],
    ['nothing', '', 'json'],
    ['no object', '[1]', 'json'],
    ['a wrong type', '{"id":7,"payload":{}}', 'schema'],
    ['an unknown field', '{"id":"a","payload":{},"nope":1}', 'schema'],
    ['__proto__', '{"id":"a","payload":{},"__proto__":{"id":"b"}}', 'schema'],
  ])('keeps %s as received, and rejects it', async (_what, value, rule) => {
    const run = await harness(build)
    const given = record(value)
    run.batch([record(good), given])
    expect(run.rows()).toHaveLength(2)
    expect(run.rows('parsed')).toHaveLength(1)
    expect(run.rows()[1]).toMatchObject({
      raw_payload: given.value,
      id: null,
      user: null,
      amount: null,
      source_system: 'web',
    })
    expect(run.rows('rejected')).toEqual([
      {
        source_topic: 'raw',
        source_partition: 2,
        source_offset: given.offset,
        source_timestamp: expect.any(BigInt),
        ingestion_timestamp: 0n,
        source_system: 'web',
        record_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        raw_payload: given.value,
        rule,
        reason: expect.any(String),
        severity: 'error',
        quarantined_at: 0n,
      },
    ])
    expect(run.counter(`records_quarantined_total{rule="${rule}"}`)).toBe(1)
  })

  it('has columns null where the event has no such field', async () => {
    const run = await harness(build)
    run.batch([record('{}')])
    expect(run.rows('parsed')).toMatchObject([{ id: null, user: null, amount: null }])
  })

  it('refuses a column with the name of a coordinate', () => {
    expect(() => bronzeLayer<any, any>({ sourceSystem: 'web', columns: { record_hash: 'id' } })).toThrowError(
      expect.objectContaining({ code: 'BRONZE_COLUMN' }),
    )
  })
})

describe('cleanse', () => {
  interface Named {
    name: string | null
    code: string
    n: number
  }

  it('applies cleansers in order, and leaves null and other columns alone', async () => {
    const run = await harness((s: Stream<Named>) =>
      s.pipe(cleanse({ name: trim(), code: [trim(), upper(), cleanseWith((text) => text.replace('-', ''))] })),
    )
    const given = Object.freeze({ name: '  Ann ', code: ' a-1 ', n: 1 })
    run.timed([
      [given, 5],
      [{ name: null, code: '', n: 2 }, 6],
    ])
    expect(run.rows()).toEqual([
      { name: 'Ann', code: 'A1', n: 1 },
      { name: null, code: '', n: 2 },
    ])
    expect(run.timestampsMs()).toEqual([5, 6])
  })

  it('leaves an empty text empty, and stops at null', async () => {
    const run = await harness((s: Stream<Named>) =>
      s.pipe(cleanse({ name: [trim(), cleanseWith((text) => text || null), lower()], code: lower() })),
    )
    run.batch([
      { name: '  ', code: 'X', n: 1 },
      { name: ' Ä ', code: ' ', n: 2 },
    ])
    expect(run.rows()).toEqual([
      { name: null, code: 'x', n: 1 },
      { name: 'ä', code: ' ', n: 2 },
    ])
  })

  it.each([
    ['throws', () => JSON.parse('{')],
    ['returns a promise', (async (text: string) => text) as never],
    ['returns a number', (() => 1) as never],
  ])('names the record when a function %s', async (_what, fn) => {
    const run = await harness((s: Stream<Named>) => s.pipe(cleanse({ name: cleanseWith(fn) })))
    expect(() => run.batch([{ name: 'ann', code: '', n: 42 }])).toThrowError(
      expect.objectContaining({ code: 'OPERATOR_FAILED', details: expect.objectContaining({ uid: 'cleanse-1' }) }),
    )
  })
})
