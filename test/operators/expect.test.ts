import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  conforms,
  custom,
  decimals,
  isoTimestamp,
  expect as judge,
  matches,
  notBlank,
  notNull,
  oneOf,
  quarantine,
  type Rule,
  range,
  rules,
  unique,
} from '../../operators/index.ts'
import { hours, milliseconds } from '../../topology/duration.ts'
import {
  binary,
  date,
  decimal,
  double,
  int,
  int53,
  long,
  type Row,
  timestamp,
  timestamptz,
  uuid,
} from '../../topology/schema/index.ts'
import type { Stream } from '../../topology/stream.ts'
import { harness } from '../support/operator-harness.ts'

const Sale = z.object({
  id: z.string().nullish(),
  kind: z.string().nullish(),
  at: z.string().nullish(),
  amount: decimal(38, 18).nullish(),
  price: decimal(10, 4).nullish(),
  weight: double().nullish(),
  seen: timestamptz().nullish(),
  day: date().nullish(),
})
type Sale = Row<typeof Sale>

const EMPTY: Sale = { id: null, kind: null, at: null, amount: null, price: null, weight: null, seen: null, day: null }
const UNIT = 10n ** 18n

/** What a rule says of a row: the reason, or undefined when it holds. */
async function reasonOf(rule: Rule<Sale>, row: Partial<Sale>): Promise<string | undefined> {
  const run = await harness((s: Stream<Sale>) => s.pipe(judge(rules(Sale, [rule]))))
  run.batch([{ ...EMPTY, ...row }])
  expect(run.rows().length + run.rows('quarantined').length).toBe(1)
  return run.rows('quarantined')[0]?.reason
}

describe('rules', () => {
  it.each<[string, Rule<Sale>, Partial<Sale>, string | undefined]>([
    ['notNull', notNull('id'), { id: null }, 'id is null'],
    ['notNull', notNull('id'), { id: '' }, undefined],
    ['notBlank', notBlank('id'), { id: null }, 'id is null'],
    ['notBlank', notBlank('id'), { id: ' \t' }, 'id is blank: " \\t"'],
    ['notBlank', notBlank('id'), { id: ' a' }, undefined],
    ['range', range('amount', { min: 0 }), { amount: -5n * UNIT }, 'amount is -5.000000000000000000, below 0'],
    ['range', range('amount', { min: '0.01' }), { amount: UNIT / 100n }, undefined],
    ['range', range('price', { max: 9.5 }), { price: 95_001 }, 'price is 9.5001, above 9.5'],
    ['range', range('price', { max: 9.5 }), { price: 95_000 }, undefined],
    ['range', range('weight', { min: 0, max: 10 }), { weight: Number.NaN }, 'weight is NaN, below 0'],
    ['range', range('weight', {}), { weight: Number.NaN }, 'weight is NaN'],
    ['range', range('weight', { min: 0 }), { weight: Number.POSITIVE_INFINITY }, undefined],
    ['range', range('weight', { min: 0 }), { weight: null }, undefined],
    [
      'range',
      range('seen', { min: '2026-01-01T00:00:00Z' }),
      { seen: 0n },
      'seen is 1970-01-01T00:00:00.000Z, below 2026-01-01T00:00:00Z',
    ],
    ['range', range('day', { max: '1970-01-02' }), { day: 2 }, 'day is 1970-01-03, above 1970-01-02'],
    ['matches', matches('id', /^[a-z]+$/g), { id: 'A' }, 'id is "A", which does not match /^[a-z]+$/g'],
    ['matches', matches('id', /^[a-z]+$/g), { id: 'a' }, undefined],
    ['oneOf', oneOf('kind', ['sale', 'refund']), { kind: 'gift' }, 'kind is "gift", none of sale, refund'],
    ['oneOf', oneOf('kind', ['sale', 'refund']), { kind: null }, undefined],
    ['isoTimestamp', isoTimestamp('at'), { at: '2026-11-23' }, 'at is "2026-11-23", no ISO 8601 date-time with zone'],
    [
      'isoTimestamp',
      isoTimestamp('at'),
      { at: '0000-01-01T00:00:00Z' },
      'at is "0000-01-01T00:00:00Z", no ISO 8601 date-time with zone',
    ],
    ['isoTimestamp', isoTimestamp('at'), { at: '2026-11-23T08:30:00+01:00' }, undefined],
    [
      'decimals',
      decimals('amount', 2),
      { amount: UNIT / 1000n },
      'amount is 0.001000000000000000, with more than 2 decimals',
    ],
    ['decimals', decimals('amount', 2), { amount: UNIT / 100n }, undefined],
    ['decimals', decimals('price', 2), { price: 12_345 }, 'price is 1.2345, with more than 2 decimals'],
    ['decimals', decimals('price', 4), { price: 12_345 }, undefined],
    [
      'custom',
      custom(
        'heavy',
        (row) => (row.weight ?? 0) > 1,
        (row) => `only ${row.weight}`,
      ),
      { weight: 1 },
      'only 1',
    ],
    ['custom', custom('heavy', (row) => (row.weight ?? 0) > 1, 'light'), { weight: 2 }, undefined],
    ['conforms', conforms('named', z.object({ id: z.string().min(3) })), { id: 'abc' }, undefined],
    ['when', notNull('amount', { when: (row) => row.kind === 'sale' }), { kind: 'view' }, undefined],
    ['when', notNull('amount', { when: (row) => row.kind === 'sale' }), { kind: 'sale' }, 'amount is null'],
  ])('%s', async (_name, rule, row, reason) => {
    expect(await reasonOf(rule, row)).toBe(reason)
  })

  it('give the reasons of zod', async () => {
    expect(await reasonOf(conforms('named', z.object({ id: z.string().min(3) })), { id: 'a' })).toMatch(/id/)
  })

  it.each([
    ['a bound with more digits than the field', () => range<Sale, 'price'>('price', { min: '0.00001' })],
    ['a bound that is no date', () => range<Sale, 'day'>('day', { min: 'tomorrow' })],
    ['decimals of a double', () => decimals<Sale, 'weight'>('weight', 2)],
    ['an unknown field', () => notNull<any, string>('nope')],
  ])('refuse %s while the topology is built', (_what, make) => {
    expect(() => rules(Sale, [make()])).toThrowError(expect.objectContaining({ code: 'RULE_UNFIT' }))
  })

  it('refuse two of one name', () => {
    expect(() => rules(Sale, [notNull('id'), notNull('id')])).toThrowError(
      expect.objectContaining({ code: 'RULE_NAME' }),
    )
  })
})

describe('expect', () => {
  const set = rules(Sale, [
    oneOf('kind', ['sale'], { onFail: 'warn', name: 'known_kind' }),
    notNull('id', { severity: 'critical' }),
    range('weight', { min: 0 }, { onFail: 'drop' }),
    range('price', { min: 0 }, { onFail: 'fail' }),
  ])
  const build = (s: Stream<Sale>) => s.pipe(judge(set))

  it('emits nothing for nothing, and passes control elements to both outputs', async () => {
    const run = await harness(build)
    run.batch([]).watermark(3).end()
    expect(run.rows()).toEqual([])
    expect(run.watermarks()).toEqual([3])
    expect(run.watermarks('quarantined')).toEqual([3])
  })

  it('does with each record what the first broken rule says, and counts', async () => {
    const run = await harness(build)
    run.clock.advance(5)
    run.timed([
      [{ ...EMPTY, id: 'a', kind: 'sale' }, 1],
      [{ ...EMPTY, id: 'b', kind: 'gift' }, 2],
      [{ ...EMPTY, id: null, weight: -1, kind: 'gift' }, 3],
      [{ ...EMPTY, id: 'd', weight: -1 }, 4],
    ])
    expect(run.rows().map(({ id }) => id)).toEqual(['a', 'b'])
    expect(run.timestampsMs()).toEqual([1, 2])
    expect(run.rows('quarantined')).toEqual([
      {
        ...EMPTY,
        kind: 'gift',
        weight: -1,
        rule: 'not_null(id)',
        reason: 'id is null; also broken: range(weight)',
        severity: 'critical',
        quarantined_at: 5_000n,
      },
    ])
    expect(run.timestampsMs('quarantined')).toEqual([3])
    expect(Object.fromEntries(run.counters)).toEqual({
      'records_warned_total{rule="known_kind"}': 2,
      'records_quarantined_total{rule="not_null(id)"}': 1,
      'records_dropped_total{rule="range(weight)"}': 1,
    })
  })

  it('fails by a rule that says so, even behind one that quarantines', async () => {
    const run = await harness(build)
    expect(() => run.batch([{ ...EMPTY, price: -1 }])).toThrowError(
      expect.objectContaining({
        code: 'OPERATOR_FAILED',
        message: 'expect-1: rule range(price) is broken: price is -0.0001, below 0',
      }),
    )
  })

  it.each([
    ['throws', custom<Sale>('mine', () => JSON.parse('{'), 'no')],
    ['returns a promise', custom<Sale>('mine', (async () => true) as never, 'no')],
    ['has a when that throws', notNull<Sale, 'id'>('id', { name: 'mine', when: (row) => row.kind!.length > 0 })],
  ])('names rule and record when a function %s', async (_what, rule) => {
    const run = await harness((s: Stream<Sale>) => s.pipe(judge(rules(Sale, [rule]))))
    expect(() => run.batch([{ ...EMPTY, weight: 42 }])).toThrowError(/^expect-1: rule mine failed on .*42/)
  })

  it('keeps provenance and bytes of a record that has them, and nothing else', async () => {
    const Bronze = z.object({
      source_topic: z.string(),
      source_partition: int(),
      source_offset: long(),
      source_timestamp: timestamptz(),
      ingestion_timestamp: timestamptz(),
      source_system: z.string(),
      record_hash: z.string(),
      raw_payload: binary(),
      id: z.string().nullish(),
    })
    const row = {
      source_topic: 't',
      source_partition: 3,
      source_offset: 7n,
      source_timestamp: 8n,
      ingestion_timestamp: 9n,
      source_system: 'web',
      record_hash: 'ab',
      raw_payload: new Uint8Array([0, 255]),
      id: null,
    }
    const run = await harness((s: Stream<Row<typeof Bronze>>) => s.pipe(judge(rules(Bronze, [notNull('id')]))))
    run.batch([row])
    const { id, ...provenance } = row
    expect(run.rows('quarantined')).toEqual([
      { ...provenance, rule: 'not_null(id)', reason: `id is ${id}`, severity: 'error', quarantined_at: 0n },
    ])
  })
})

describe('expect({ as })', () => {
  const Target = z.object({
    id: z.string(),
    at: timestamptz().nullish(),
    amount: decimal(18, 2).nullish(),
    price: decimal(18, 6).nullish(),
  })
  const build = (s: Stream<Sale>) => s.pipe(judge(rules(Sale, []), { as: Target }))

  it('casts by name, exactly', async () => {
    const run = await harness(build)
    run.timed([[{ ...EMPTY, id: 'a', at: '1970-01-01T00:00:01Z', amount: 5n * UNIT, price: 12_345, weight: 1 }, 77]])
    expect(run.rows()).toEqual([{ id: 'a', at: 1_000_000n, amount: 500n, price: 1_234_500n }])
    expect(Object.keys(run.rows()[0]!)).toEqual(['id', 'at', 'amount', 'price'])
    expect(run.timestampsMs()).toEqual([77])
  })

  it.each<[string, Partial<Sale>]>([
    ['id is null', { id: null }],
    ['at is "soon", which is no timestamptz', { at: 'soon' }],
    ['amount is 0.001000000000000000, which is no decimal(18, 2)', { amount: UNIT / 1000n }],
    ['amount is 10000000000000000.000000000000000000, which is no decimal(18, 2)', { amount: 10n ** 16n * UNIT }],
  ])('quarantines what has no counterpart: %s', async (reason, row) => {
    const run = await harness(build)
    run.batch([{ ...EMPTY, id: 'a', ...row }])
    expect(run.rows()).toEqual([])
    expect(run.rows('quarantined')).toMatchObject([{ rule: 'schema', reason }])
    expect(run.counter('records_quarantined_total{rule="schema"}')).toBe(1)
  })

  it.each([
    ['date', z.object({ v: z.string() }), z.object({ v: date() }), '1970-01-03', 2],
    ['timestamp', z.object({ v: z.string() }), z.object({ v: timestamp() }), '1970-01-01T00:00:01', 1_000_000n],
    [
      'uuid',
      z.object({ v: z.string() }),
      z.object({ v: uuid() }),
      'F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6',
      'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    ],
    ['long from int', z.object({ v: int() }), z.object({ v: long() }), 7, 7n],
    ['int53 from long', z.object({ v: long() }), z.object({ v: int53() }), 7n, 7],
    ['int53 too large', z.object({ v: long() }), z.object({ v: int53() }), 2n ** 60n, undefined],
    ['decimal from int', z.object({ v: int() }), z.object({ v: decimal(18, 2) }), 7, 700n],
    ['small decimal', z.object({ v: decimal(18, 2) }), z.object({ v: decimal(5, 2) }), 123n, 123],
    ['too small decimal', z.object({ v: decimal(18, 2) }), z.object({ v: decimal(5, 2) }), 100_000n, undefined],
    ['double from int', z.object({ v: int() }), z.object({ v: double() }), 7, 7],
    ['no date', z.object({ v: z.string() }), z.object({ v: date() }), '1970-13-01', undefined],
  ] as [string, z.ZodObject, z.ZodObject, unknown, unknown][])(
    'casts to %s',
    async (_name, from, to, given, expected) => {
      const run = await harness((s: Stream<any>) => s.pipe(judge(rules(from, []), { as: to })))
      run.batch([{ v: given }])
      expect(run.rows()).toEqual(expected === undefined ? [] : [{ v: expected }])
    },
  )

  it('refuses a cast that no value survives, and a column that is not there', () => {
    const cast = (to: z.ZodObject) => harness((s: Stream<any>) => s.pipe(judge(rules(Sale, []), { as: to as never })))
    return Promise.all([
      expect(cast(z.object({ weight: date() }))).rejects.toMatchObject({ code: 'CAST_UNSUPPORTED' }),
      expect(cast(z.object({ nope: date() }))).rejects.toMatchObject({ code: 'COLUMN_NOT_FOUND' }),
    ])
  })
})

describe('unique', () => {
  const Named = z.object({ id: z.string(), n: int() })
  const build = (onFail: 'quarantine' | 'warn' | 'drop') => (s: Stream<Row<typeof Named>>) =>
    s.pipe(
      judge(rules(Named, [unique('id', { within: hours(1), onFail }), range('n', { min: 0 })]), {
        as: z.object({ id: z.string() }),
      }),
    )

  it('quarantines what is not, behind all other rules and before the cast', async () => {
    const run = await harness(build('quarantine'))
    run.timed([
      [{ id: 'a', n: -1 }, 0],
      [{ id: 'a', n: 1 }, 1],
      [{ id: 'a', n: 2 }, 2],
    ])
    const next = await run.restart()
    next.timed([[{ id: 'a', n: 3 }, 3]])
    expect(run.rows()).toEqual([{ id: 'a' }])
    expect(run.rows('quarantined').toSorted((a, b) => a.n - b.n)).toMatchObject([
      { n: -1, rule: 'range(n)' },
      { n: 2, rule: 'unique(id)', reason: 'id is not unique within 1 hour' },
    ])
    expect(next.rows('quarantined')).toMatchObject([{ n: 3, rule: 'unique(id)' }])
  })

  it('can not tell of what is older than the horizon', async () => {
    const run = await harness(build('quarantine'))
    run.watermark(7_200_000).timed([[{ id: 'a', n: 1 }, 0]])
    expect(run.rows('quarantined')).toMatchObject([{ reason: expect.stringContaining('more than 1 hour behind') }])
  })

  it('warns, or drops', async () => {
    for (const [onFail, passed] of [
      ['warn', 2],
      ['drop', 1],
    ] as const) {
      const run = await harness(build(onFail))
      run.timed([
        [{ id: 'a', n: 1 }, 1],
        [{ id: 'a', n: 2 }, 2],
      ])
      expect(run.rows()).toHaveLength(passed)
      expect(run.rows('quarantined')).toEqual([])
    }
  })

  it('refuses a horizon that is none', async () => {
    const set = rules(Named, [unique('id', { within: milliseconds(0) })])
    await expect(harness((s: Stream<Row<typeof Named>>) => s.pipe(judge(set)))).rejects.toMatchObject({
      code: 'HORIZON',
    })
  })
})

describe('quarantine', () => {
  it('says why of every record, and counts them', async () => {
    const run = await harness((s: Stream<{ id: string }>) => s.pipe(quarantine({ rule: 'late', reason: 'too late' })))
    run.timed([
      [{ id: 'a' }, 1],
      [{ id: 'b' }, 2],
    ])
    expect(run.rows()).toEqual(
      ['a', 'b'].map((id) => ({ id, rule: 'late', reason: 'too late', severity: 'error', quarantined_at: 0n })),
    )
    expect(run.timestampsMs()).toEqual([1, 2])
    expect(run.counter('records_quarantined_total{rule="late"}')).toBe(2)
  })

  it('repairs lone surrogates in reasons: tables hold UTF-8', async () => {
    const run = await harness((s: Stream<{ id: string }>) => s.pipe(quarantine({ rule: 'r', reason: '\ud800!' })))
    run.batch([{ id: 'a' }])
    expect(run.rows()[0]!.reason).toBe('\ufffd!')
  })
})
