/** Two runs of the medallion job, looked at by PyIceberg: what was published is there, byte for byte, each event once. */
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Outcome } from '../../../jobs/medallion/simulator/variants.ts'
import { openTopics } from '../../../runtime/compose/index.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import {
  configOf,
  openMedallionTables,
  publishDays,
  publishedFile,
  runMedallion,
  TOPIC,
} from '../../support/medallion.ts'
import { revenueOracle } from '../../support/medallion-checks.ts'
import { FRESH_SEED, scale } from '../../support/scale.ts'
import { recordingLogger, silentMetrics } from '../../support/silent.ts'
import { readWithPyIceberg, runPython, setUpPyIceberg } from '../pyiceberg.ts'

const EVENTS = scale(100_000, 5_000)
const RUNS = 2
const dataDir = mkdtempSync(join(tmpdir(), 'sluice-pyiceberg-'))
const { catalogPath } = configOf(dataDir)
afterAll(() => rmSync(dataDir, { recursive: true }))

beforeAll(async () => {
  await setUpPyIceberg()
  for (let run = 0; run < RUNS; run++) {
    await publishDays(dataDir, { events: EVENTS, seed: FRESH_SEED })
    const { code, stderr } = await runMedallion(dataDir)
    if (code !== 0) throw new Error(stderr)
  }
})

/** Runs Python over one table: `table`, `rows` (Arrow) and `argument` are there; it must print JSON. */
function inPython(table: string, script: string, argument: unknown = null): Promise<any> {
  const prelude = `
import hashlib, json, sys
from pyiceberg.catalog import load_catalog
table = load_catalog('sluice', type='sql', uri='sqlite:///' + sys.argv[1]).load_table(sys.argv[2])
argument = json.loads(sys.argv[3])
`
  return runPython(prelude + script, [catalogPath, table, JSON.stringify(argument)])
}

/** How many records the shop meant for each outcome. */
function intended(): Record<Outcome, number> {
  const counts = { silver: 0, late: 0, duplicate: 0, expired: 0, quarantine: 0 }
  for (const line of readFileSync(publishedFile(dataDir), 'utf8').trimEnd().split('\n')) {
    counts[(JSON.parse(line) as { outcome: Outcome }).outcome]++
  }
  return counts
}

/** `partition/offset hash` of every record in the log, sorted. */
async function recordsInLog(): Promise<string[]> {
  const context = { clock: systemClock, logger: recordingLogger() }
  const system = await openTopics(configOf(dataDir), context)
  const source = system.source(TOPIC)
  const splits = await source.discoverSplits({ until: 'latest' })
  const reader = source.createReader({ uid: 'test', subtask: 0, ...context, metrics: silentMetrics })
  await reader.assign(splits.map((split) => ({ ...split, position: split.start })))
  const records: string[] = []
  while (!splits.every(({ id }) => reader.atEnd(id))) {
    for (const { partition, offset, value } of (await reader.poll(1_000))?.values ?? []) {
      records.push(`${partition}/${offset} ${createHash('sha256').update(value).digest('hex')}`)
    }
  }
  await reader.close()
  await source.close()
  await system.close()
  return records.sort()
}

describe(`${RUNS} runs of ${EVENTS} events (seed ${FRESH_SEED})`, () => {
  it('bronze has every record that was published, byte for byte', async () => {
    const rows = await inPython(
      'bronze.events',
      `
rows = table.scan(selected_fields=('raw_payload', 'record_hash', 'source_partition', 'source_offset')).to_arrow().to_pylist()
wrong = [row['source_offset'] for row in rows if hashlib.sha256(row['raw_payload']).hexdigest() != row['record_hash']]
print(json.dumps({
  'wrong': wrong,
  'records': [f"{row['source_partition']}/{row['source_offset']} {row['record_hash']}" for row in rows]
}))`,
    )
    expect(rows.wrong).toEqual([])
    expect(rows.records.length).toBe(EVENTS * RUNS)
    expect(rows.records.sort()).toEqual(await recordsInLog())
  })

  it('every record of bronze is in silver, in quarantine, or a duplicate', async () => {
    const counts = intended()
    const silver = await readWithPyIceberg(catalogPath, 'silver.events')
    const quarantine = await readWithPyIceberg(catalogPath, 'quarantine.events')
    expect(new Set(silver.rows.map((row) => row['event_id'])).size).toBe(silver.summary.rows)
    expect(silver.summary.rows).toBe(counts.silver + counts.late)
    expect(quarantine.rows.filter((row) => row['rule'] === 'older_than_horizon').length).toBe(counts.expired)
    expect(quarantine.summary.rows).toBe(counts.quarantine + counts.expired)
    expect(silver.summary.rows + quarantine.summary.rows + counts.duplicate).toBe(EVENTS * RUNS)
  })

  it('gold and late events together are what DuckDB makes of the published events', async () => {
    const gold = await readWithPyIceberg(catalogPath, 'gold.daily_revenue')
    const late = await readWithPyIceberg(catalogPath, 'quarantine.late_events')
    const totals = new Map<string, { cents: bigint; transactions: number }>()
    const add = (key: string, cents: bigint, transactions: number) => {
      const total = totals.get(key) ?? { cents: 0n, transactions: 0 }
      totals.set(key, { cents: total.cents + cents, transactions: total.transactions + transactions })
    }
    for (const row of gold.rows) add(`${row['user_id']} ${row['day']}`, centsOf(row['revenue']), row['transactions'])
    expect(totals.size, 'rows of gold that are there once').toBe(gold.summary.rows)
    for (const row of late.rows) {
      const cents = centsOf(row['amount'])
      add(`${row['user_id']} ${row['event_timestamp'].slice(0, 10)}`, row['action'] === 'refund' ? -cents : cents, 1)
    }
    const text = [...totals].map(([key, { cents, transactions }]) => `${key} ${textOf(cents)} ${transactions}`)
    expect(text.sort()).toEqual(await revenueOracle(dataDir))
  })

  it('a filter on a day opens the files of that day only, for PyIceberg and for us the same', async () => {
    const [from, to] = ['2026-01-02T00:00:00+00:00', '2026-01-03T00:00:00+00:00']
    const script = `
scan = table.scan(row_filter=f"event_timestamp >= '{argument[0]}' and event_timestamp < '{argument[1]}'")
print(json.dumps({
  'all': len(list(table.scan().plan_files())),
  'files': sorted(task.file.file_path for task in scan.plan_files()),
  'rows': scan.to_arrow().num_rows
}))`
    const theirs = await inPython('silver.events', script, [from, to])
    await using opened = await openMedallionTables(dataDir)
    const ours = await opened.tables.planScan('silver.events', {
      predicates: [
        { field: 'event_timestamp', op: '>=', values: [BigInt(Date.parse(from)) * 1000n] },
        { field: 'event_timestamp', op: '<', values: [BigInt(Date.parse(to)) * 1000n] },
      ],
    })
    expect(theirs.files.length).toBeLessThan(theirs.all)
    expect(ours.files.map(({ location }) => location).sort()).toEqual(theirs.files)
    const { byPartition, byBounds } = ours.pruned
    expect(byPartition).toBeGreaterThan(0)
    expect(byPartition + byBounds).toBe(theirs.all - theirs.files.length)
    const answer = await opened.engine.query(
      `SELECT count(*) FROM silver.events WHERE event_timestamp >= '${from}' AND event_timestamp < '${to}'`,
    )
    expect(Number(answer.rows[0]![0])).toBe(theirs.rows)
    expect(answer.tables[0]).toMatchObject({ filesRead: theirs.files.length, filesPruned: byPartition + byBounds })
  })
})

/** `-19.99` and `5` as cents. */
function centsOf(text: string): bigint {
  const [whole, fraction = ''] = String(text).split('.')
  return BigInt(`${whole}${fraction.padEnd(2, '0')}`)
}

function textOf(cents: bigint): string {
  const digits = String(cents < 0n ? -cents : cents).padStart(3, '0')
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}
