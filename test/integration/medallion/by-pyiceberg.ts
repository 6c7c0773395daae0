/** The medallion's tables as PyIceberg reads them. */
import { configOf } from '../../support/medallion.ts'
import { readWithPyIceberg, runPython } from '../pyiceberg.ts'

/** Runs Python over one table: `table`, `rows` (Arrow) and `argument` are there; it must print JSON. */
export function inPython(dataDir: string, table: string, script: string, argument: unknown = null): Promise<any> {
  const prelude = `
import hashlib, json, sys
from pyiceberg.catalog import load_catalog
table = load_catalog('sluice', type='sql', uri='sqlite:///' + sys.argv[1]).load_table(sys.argv[2])
argument = json.loads(sys.argv[3])
`
  return runPython(prelude + script, [configOf(dataDir).catalogPath, table, JSON.stringify(argument)])
}

export interface BronzeRecords {
  /** Offsets of records whose payload is not what their hash says. */
  readonly wrong: readonly number[]
  /** `partition/offset hash`, sorted. */
  readonly records: readonly string[]
}

export async function bronzeRecords(dataDir: string): Promise<BronzeRecords> {
  const { wrong, records } = await inPython(
    dataDir,
    'bronze.events',
    `
rows = table.scan(selected_fields=('raw_payload', 'record_hash', 'source_partition', 'source_offset')).to_arrow().to_pylist()
wrong = [row['source_offset'] for row in rows if hashlib.sha256(row['raw_payload']).hexdigest() != row['record_hash']]
print(json.dumps({
  'wrong': wrong,
  'records': [f"{row['source_partition']}/{row['source_offset']} {row['record_hash']}" for row in rows]
}))`,
  )
  return { wrong, records: records.sort() }
}

export interface Revenue {
  /** `user day`. */
  readonly key: string
  readonly cents: bigint
  readonly transactions: number
}

/** Rows of gold, as they are there. */
export async function goldRows(dataDir: string): Promise<readonly Revenue[]> {
  const gold = await readWithPyIceberg(configOf(dataDir).catalogPath, 'gold.daily_revenue')
  return gold.rows.map((row) => ({
    key: `${row['user_id']} ${row['day']}`,
    cents: centsOf(row['revenue']),
    transactions: row['transactions'],
  }))
}

/** What came too late for gold, as far as it goes into the same sums. */
export async function lateRows(dataDir: string): Promise<readonly (Revenue & { readonly eventId: string })[]> {
  const late = await readWithPyIceberg(configOf(dataDir).catalogPath, 'quarantine.late_events')
  return late.rows.map((row) => ({
    eventId: row['event_id'],
    key: `${row['user_id']} ${row['event_timestamp'].slice(0, 10)}`,
    cents: row['action'] === 'refund' ? -centsOf(row['amount']) : centsOf(row['amount']),
    transactions: 1,
  }))
}

/** `user day revenue transactions`, sorted, as `revenueOracle` has them. */
export function totalRevenue(rows: readonly Revenue[]): string[] {
  const totals = new Map<string, { cents: bigint; transactions: number }>()
  for (const { key, cents, transactions } of rows) {
    const total = totals.get(key) ?? { cents: 0n, transactions: 0 }
    totals.set(key, { cents: total.cents + cents, transactions: total.transactions + transactions })
  }
  return [...totals].map(([key, { cents, transactions }]) => `${key} ${textOf(cents)} ${transactions}`).sort()
}

/** `-19.99` and `5` as cents. */
function centsOf(text: string): bigint {
  const [whole, fraction = ''] = String(text).split('.')
  return BigInt(`${whole}${fraction.padEnd(2, '0')}`)
}

function textOf(cents: bigint): string {
  const digits = String(cents < 0n ? -cents : cents).padStart(3, '0')
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}
