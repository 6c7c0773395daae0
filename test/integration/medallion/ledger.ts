/** Exactly once, in numbers: what each table of the medallion has lost and doubled, by PyIceberg's count. */
import { configOf } from '../../support/medallion.ts'
import { revenueOracle } from '../../support/medallion-checks.ts'
import { readWithPyIceberg } from '../pyiceberg.ts'
import { bronzeRecords, goldRows, lateRows, totalRevenue } from './by-pyiceberg.ts'
import { intended, published, recordsInTopic } from './published.ts'

export interface TableLedger {
  readonly table: string
  readonly rows: number
  readonly lost: number
  readonly duplicated: number
}

/**
 * Gold and late events are one: which of them a late record goes to depends on how the readers raced.
 *
 * @param env where topics are, if not in the embedded log
 */
export async function ledgerOf(
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly TableLedger[]> {
  const { catalogPath } = configOf(dataDir)
  const counts = intended(dataDir)
  const events = published(dataDir).filter(({ outcome }) => outcome === 'silver' || outcome === 'late')
  const bronze = await bronzeRecords(dataDir)
  const silver = await readWithPyIceberg(catalogPath, 'silver.events')
  const quarantine = await readWithPyIceberg(catalogPath, 'quarantine.events')
  const [gold, late] = [await goldRows(dataDir), await lateRows(dataDir)]
  return [
    compare('bronze.events', await recordsInTopic(dataDir, env), bronze.records),
    compare(
      'silver.events',
      events.map(({ event }) => event!.event_id),
      silver.rows.map((row) => row['event_id']),
    ),
    {
      ...repeated(
        'quarantine.events',
        quarantine.rows.map((row) => `${row['source_partition']}/${row['source_offset']}`),
      ),
      lost: counts.quarantine + counts.expired - quarantine.rows.length,
    },
    repeated(
      'gold.daily_revenue',
      gold.map(({ key }) => key),
    ),
    repeated(
      'quarantine.late_events',
      late.map(({ eventId }) => eventId),
    ),
    compare('gold and late, revenue', await revenueOracle(dataDir), totalRevenue([...gold, ...late])),
  ]
}

export function printLedger({ table, rows, lost, duplicated }: TableLedger): string {
  return `${table.padEnd(23)} ${String(rows).padStart(8)} rows, ${lost} lost, ${duplicated} duplicated`
}

/** Lost: expected and not there. Duplicated: there, and not expected or not so often. */
function compare(table: string, expected: readonly string[], actual: readonly string[]): TableLedger {
  const left = new Map<string, number>()
  for (const each of expected) left.set(each, (left.get(each) ?? 0) + 1)
  let duplicated = 0
  for (const each of actual) {
    const count = left.get(each) ?? 0
    if (count === 0) duplicated++
    else left.set(each, count - 1)
  }
  const lost = [...left.values()].reduce((sum, count) => sum + count, 0)
  return { table, rows: actual.length, lost, duplicated }
}

function repeated(table: string, keys: readonly string[]): TableLedger {
  return { table, rows: keys.length, lost: 0, duplicated: keys.length - new Set(keys).size }
}
