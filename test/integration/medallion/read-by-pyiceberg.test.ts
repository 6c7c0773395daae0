/** Two runs of the medallion job, looked at by PyIceberg: what was published is there, byte for byte, each event once. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configOf, openMedallionTables, publishDays, runMedallion } from '../../support/medallion.ts'
import { revenueOracle } from '../../support/medallion-checks.ts'
import { FRESH_SEED, scale } from '../../support/scale.ts'
import { readWithPyIceberg, setUpPyIceberg } from '../pyiceberg.ts'
import { bronzeRecords, goldRows, inPython, lateRows, totalRevenue } from './by-pyiceberg.ts'
import { intended, recordsInTopic } from './published.ts'

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

describe(`${RUNS} runs of ${EVENTS} events (seed ${FRESH_SEED})`, () => {
  it('bronze has every record that was published, byte for byte', async () => {
    const { wrong, records } = await bronzeRecords(dataDir)
    expect(wrong).toEqual([])
    expect(records.length).toBe(EVENTS * RUNS)
    expect(records).toEqual(await recordsInTopic(dataDir))
  })

  it('every record of bronze is in silver, in quarantine, or a duplicate', async () => {
    const counts = intended(dataDir)
    const silver = await readWithPyIceberg(catalogPath, 'silver.events')
    const quarantine = await readWithPyIceberg(catalogPath, 'quarantine.events')
    expect(new Set(silver.rows.map((row) => row['event_id'])).size).toBe(silver.summary.rows)
    expect(silver.summary.rows).toBe(counts.silver + counts.late)
    expect(quarantine.rows.filter((row) => row['rule'] === 'older_than_horizon').length).toBe(counts.expired)
    expect(quarantine.summary.rows).toBe(counts.quarantine + counts.expired)
    expect(silver.summary.rows + quarantine.summary.rows + counts.duplicate).toBe(EVENTS * RUNS)
  })

  it('gold and late events together are what DuckDB makes of the published events', async () => {
    const gold = await goldRows(dataDir)
    expect(new Set(gold.map(({ key }) => key)).size, 'rows of gold that are there once').toBe(gold.length)
    expect(totalRevenue([...gold, ...(await lateRows(dataDir))])).toEqual(await revenueOracle(dataDir))
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
    const theirs = await inPython(dataDir, 'silver.events', script, [from, to])
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
