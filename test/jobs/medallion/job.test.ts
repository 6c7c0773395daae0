import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import job from '../../../jobs/medallion/job.ts'
import { simulateShop } from '../../../jobs/medallion/simulator/simulate-shop.ts'
import { type Outcome, VARIANTS, type Variant } from '../../../jobs/medallion/simulator/variants.ts'
import { type TestTopology, testTopology } from '../../../runtime/testing/index.ts'
import type { SourceRecord } from '../../../topology/contract/source.ts'
import { compile } from '../../../topology/plan/compile.ts'

type Table = 'bronze.events' | 'silver.events' | 'quarantine.events' | 'gold.daily_revenue' | 'quarantine.late_events'
const TABLES: readonly Table[] = [
  'bronze.events',
  'silver.events',
  'quarantine.events',
  'gold.daily_revenue',
  'quarantine.late_events',
]
const PARTITIONS = 4

/** The simulator's records as a log would hold them. */
function published(seed: number, events: number, firstDay: string): (SourceRecord & { readonly variant: Variant })[] {
  const offsets = new Array<bigint>(PARTITIONS).fill(0n)
  return [...simulateShop({ seed, events, firstDay }).records()].map((record) => {
    const [value, key] =
      record.kind === 'event'
        ? [Buffer.from(JSON.stringify(record.event)), record.event.payload.user_id]
        : [record.bytes, record.key ?? '']
    const partition = createHash('md5').update(key).digest()[0]! % PARTITIONS
    const offset = offsets[partition]!
    offsets[partition] = offset + 1n
    return {
      variant: record.variant,
      topic: 'raw-events',
      partition,
      offset,
      timestampMs: 0,
      key: null,
      value: new Uint8Array(value),
    }
  })
}

/** Runs the job over `records`, each partition a split, with a crash behind every `restartEvery` batches. */
async function run(records: readonly SourceRecord[], restartEvery = Number.POSITIVE_INFINITY) {
  const test = await testTopology(job, { splits: PARTITIONS })
  const source = test.source('raw-events')
  for (let start = 0, batches = 0; start < records.length; start += 200) {
    const slice = records.slice(start, start + 200)
    for (let split = 0; split < PARTITIONS; split++) {
      const batch = slice.filter(({ partition }) => partition === split)
      if (batch.length > 0) source.batch(batch, { split })
    }
    if (++batches % restartEvery === 0) {
      // Every second crash comes right behind a checkpoint, the others take something with them.
      if (batches % (2 * restartEvery) === 0) await test.checkpoint()
      await test.restart()
    }
  }
  test.end()
  return { rows: rowsOf(test), test }
}

function rowsOf(test: TestTopology): Record<Table, any[]> {
  return Object.fromEntries(TABLES.map((name) => [name, test.output(name).rows])) as Record<Table, any[]>
}

const DAY_MICROS = 86_400_000_000n
const id = (row: { source_partition: number; source_offset: bigint }) => `${row.source_partition}@${row.source_offset}`
const sorted = (rows: readonly any[]) =>
  rows.map((row) => JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))).sort()

/** Gold by the book: revenue and transactions per user and day, of rows given. */
function revenueOf(rows: readonly any[]): Map<string, [bigint, bigint]> {
  const totals = new Map<string, [bigint, bigint]>()
  for (const row of rows) {
    if (row.action !== 'purchase' && row.action !== 'refund') continue
    const key = `${row.user_id}/${row.event_timestamp / DAY_MICROS}`
    const [revenue, transactions] = totals.get(key) ?? [0n, 0n]
    totals.set(key, [revenue + (row.action === 'refund' ? -row.amount : row.amount), transactions + 1n])
  }
  return totals
}

describe('the medallion job', () => {
  const records = published(7, 4_000, '2026-03-01')

  it('compiles without a warning, its tables partitioned as others rely on', () => {
    const plan = compile(job)
    expect(plan.warnings).toEqual([])
    const tables = plan.nodes.flatMap(({ behaviour }) =>
      behaviour.type === 'sink' && behaviour.sink.kind === 'table' ? [behaviour.sink.table] : [],
    )
    expect(tables.map(({ name, partitionBy }) => [name, partitionBy])).toEqual([
      ['bronze.events', [{ field: 'ingestion_timestamp', transform: 'day' }]],
      ['silver.events', [{ field: 'event_timestamp', transform: 'day' }]],
      ['quarantine.events', []],
      ['gold.daily_revenue', []],
      ['quarantine.late_events', []],
    ])
  })

  it('loses nothing: silver, quarantine and duplicates are bronze, and gold with what was late is silver', async () => {
    const { rows, test } = await run(records)
    expect(rows['bronze.events'].map(id).sort()).toEqual(records.map((r) => `${r.partition}@${r.offset}`).sort())
    for (const row of rows['bronze.events']) {
      expect(row.record_hash).toBe(createHash('sha256').update(row.raw_payload).digest('hex'))
    }
    const duplicates = test.counter('duplicates_total')
    expect(duplicates).toBeGreaterThan(0)
    expect(rows['silver.events'].length + rows['quarantine.events'].length + duplicates).toBe(records.length)
    expect(new Set(rows['silver.events'].map((row) => row.event_id)).size).toBe(rows['silver.events'].length)
    for (const row of rows['quarantine.events']) expect(row.raw_payload).toBeInstanceOf(Uint8Array)

    const transactions = revenueOf(rows['silver.events'])
    const inTime = new Map<string, [bigint, bigint]>(
      rows['gold.daily_revenue'].map((row) => [`${row.user_id}/${row.day}`, [row.revenue, row.transactions]]),
    )
    expect(inTime.size).toBe(rows['gold.daily_revenue'].length)
    const both = new Map(inTime)
    for (const [key, [revenue, count]] of revenueOf(rows['quarantine.late_events'])) {
      const [knownRevenue, knownCount] = both.get(key) ?? [0n, 0n]
      both.set(key, [knownRevenue + revenue, knownCount + count])
    }
    expect(both).toEqual(transactions)
  })

  it('puts every kind of record where it belongs', async () => {
    const { rows } = await run(records)
    const places = new Map<string, Set<string>>()
    for (const name of ['silver.events', 'quarantine.events', 'quarantine.late_events'] as const) {
      for (const row of rows[name]) places.set(id(row), (places.get(id(row)) ?? new Set()).add(name))
    }
    const expected: Record<Outcome, readonly string[]> = {
      silver: ['silver.events'],
      late: ['silver.events'],
      duplicate: [],
      expired: ['quarantine.events'],
      quarantine: ['quarantine.events'],
    }
    for (const record of records) {
      const found = [...(places.get(`${record.partition}@${record.offset}`) ?? [])].filter(
        (name) => name !== 'quarantine.late_events',
      )
      expect([record.variant, ...found]).toEqual([record.variant, ...expected[VARIANTS[record.variant].outcome]])
    }
  })

  it('quarantines every kind of dirt under a rule', async () => {
    const { rows } = await run(records)
    const rules = new Set(rows['quarantine.events'].map((row) => row.rule))
    expect(rules).toContain('json')
    expect(rules).toContain('iso_timestamp(event_timestamp)')
    expect(rules).toContain('range(amount)')
  })

  it('leaves the same rows however often it crashes', { timeout: 30_000 }, async () => {
    const undisturbed = await run(records)
    const disturbed = await run(records, 5)
    for (const name of TABLES) expect(sorted(disturbed.rows[name])).toEqual(sorted(undisturbed.rows[name]))
    expect(disturbed.test.counter('duplicates_total')).toBeGreaterThan(0)
  })

  it('repeats no row of gold when the days that follow come after a drain', async () => {
    const { rows: first, test } = await run(records)
    await test.checkpoint()
    await test.restart()
    for (const record of [...records, ...published(8, 3_000, '2026-03-03')])
      test.source('raw-events').batch([record], { split: record.partition })
    test.end()
    const rows = rowsOf(test)
    const keys = rows['gold.daily_revenue'].map((row) => `${row.user_id}/${row.day}`)
    expect(keys.length).toBeGreaterThan(first['gold.daily_revenue'].length)
    expect(new Set(keys).size).toBe(keys.length)
    const ids = rows['silver.events'].map((row) => row.event_id)
    expect(new Set(ids).size).toBe(ids.length)
  })
})
