/** What of a job's input is in its outputs, by readers that are not ours: how much is lost, doubled, out of order. */
import { inPython } from '../../medallion/by-pyiceberg.ts'
import type { Broker } from '../broker.ts'
import { consumeByConsole } from '../console-consumer.ts'
import { countedTable, countedTopic, KEYS } from './names.ts'

export interface Score {
  readonly reader: string
  readonly rows: number
  readonly lost: number
  readonly duplicated: number
  /** Not behind the record before of its key, or not counted as the one that it is. */
  readonly outOfOrder: number
}

interface Counted {
  readonly n: number
  readonly key: number
  readonly nth: number
}

/** Of a job that was given the numbers below `published`: its topic by the broker's own consumer, its table by PyIceberg. */
export async function scoresOf(
  { name, dataDir }: { readonly name: string; readonly dataDir: string },
  broker: Broker,
  published: number,
): Promise<readonly Score[]> {
  const inTopic = await consumeByConsole(broker, countedTopic(name))
  // Partitions are read in turns, each in its own order; and a key is in one of them.
  const places = inTopic.map(({ partition, value }) => ({ place: partition, counted: JSON.parse(value) as Counted }))
  const rows: readonly Counted[] = await inPython(
    dataDir,
    countedTable,
    'print(json.dumps(table.scan().to_arrow().to_pylist()))',
  )
  const inTable = rows.toSorted((a, b) => a.n - b.n)
  return [
    score('topic, by the console consumer', places, published),
    score(
      'table, by PyIceberg',
      inTable.map((counted) => ({ place: 0, counted })),
      published,
    ),
  ]
}

export function printScore({ reader, rows, lost, duplicated, outOfOrder }: Score): string {
  return `${reader.padEnd(30)} ${String(rows).padStart(8)} rows, ${lost} lost, ${duplicated} duplicated, ${outOfOrder} out of order`
}

function score(
  reader: string,
  read: readonly { readonly place: number; readonly counted: Counted }[],
  published: number,
): Score {
  const seen = new Set<number>()
  const last = new Map<number, { readonly place: number; readonly n: number }>()
  let [duplicated, outOfOrder] = [0, 0]
  for (const { place, counted } of read) {
    const { n, key, nth } = counted
    if (seen.has(n) || n >= published) duplicated++
    seen.add(n)
    const before = last.get(key) ?? { place, n: -1 }
    if (place !== before.place || n <= before.n || key !== n % KEYS || nth !== Math.floor(n / KEYS) + 1) outOfOrder++
    last.set(key, { place, n })
  }
  let lost = 0
  for (let n = 0; n < published; n++) if (!seen.has(n)) lost++
  return { reader, rows: read.length, lost, duplicated, outOfOrder }
}
