/** What a simulated job has to leave in its tables: worked out at once, with none of the runtime's code. */
import { type Dataset, type Event, type TableName, WINDOW_MS } from './dataset.ts'

type Row = Readonly<Record<string, unknown>>

/** As many characters of a value tell it from others. */
const SHOWN = 40

/**
 * Every record received is in `raw` once. Every one without its repetitions is either counted in its window, of which
 * `gold` holds one row, or once in `late`: none is there unless windows were closed before their time.
 */
export function differences(
  { splits }: Dataset,
  tables: Readonly<Record<TableName, readonly Row[]>>,
  wasDrained: boolean,
): string[] {
  const received = splits.flat()
  const unique = [...new Map(received.map((event) => [event.id, event])).values()]
  const lateIds = new Set(wasDrained ? tables.late.map(({ id }) => id) : [])
  const expected = {
    raw: received,
    gold: windowsOf(unique.filter(({ id }) => !lateIds.has(id))),
    late: unique.filter(({ id }) => lateIds.has(id)),
  }
  return (['raw', 'gold', 'late'] as const).flatMap((table) => compare(table, tables[table], expected[table]))
}

function windowsOf(events: readonly Event[]) {
  const windows = new Map<string, { key: string; start: bigint; amount: number; events: number }>()
  const size = BigInt(WINDOW_MS) * 1_000n
  for (const { key, amount, at } of events) {
    const start = (at / size) * size
    const total = windows.get(`${key}/${start}`) ?? { key, start, amount: 0, events: 0 }
    total.amount += amount
    total.events++
    windows.set(`${key}/${start}`, total)
  }
  return [...windows.values()]
}

/** Empty when they are equal, in whatever order. */
function compare(table: string, found: readonly object[], expected: readonly object[]): string[] {
  const counts = new Map<string, number>()
  const count = (rows: readonly object[], by: number) => {
    for (const row of rows) counts.set(textOf(row), (counts.get(textOf(row)) ?? 0) + by)
  }
  count(found, 1)
  count(expected, -1)
  const list = (sign: number) =>
    [...counts].filter(([, excess]) => excess * sign > 0).map(([row, excess]) => `${row} (${excess * sign}×)`)
  const [missing, superfluous] = [list(-1), list(1)]
  if (missing.length + superfluous.length === 0) return []
  return [`${table}: missing ${missing.join(', ') || 'nothing'}; too many ${superfluous.join(', ') || 'nothing'}`]
}

function textOf(row: object): string {
  return Object.values(row)
    .map((value) => String(value).slice(0, SHOWN))
    .join(' ')
}
