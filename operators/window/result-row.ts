/** The row that a window of a key comes to: the key's columns, then the results. */
import type { Key } from '../../topology/element.ts'
import { quoted } from '../../topology/generated.ts'
import { keyValues } from '../../topology/key.ts'
import { type Aggregates, combine } from '../aggregate/combine.ts'
import { unrolled } from '../aggregate/unrolled.ts'
import type { TimeWindow } from './time-window.ts'

export type ResultRow = (key: Key, accumulators: readonly unknown[], window: TimeWindow) => unknown

/** One literal with all columns: so rows share a hidden class, and no column is looked for by its name. */
export function createResultRow(uid: string, keyColumns: readonly string[], aggregates: Aggregates): ResultRow {
  const names = Object.keys(aggregates)
  const isComposite = keyColumns.length > 1
  const keyPart = (place: number) => (isComposite ? `key[${place}]` : 'key')
  const rowOf = unrolled<(key: unknown, accumulators: readonly unknown[], window: TimeWindow) => unknown>(
    uid,
    aggregates,
    {
      parameters: ['key', 'accumulators', 'window'],
      body: (places) =>
        `return { ${[
          ...keyColumns.map((column, place) => `${quoted(column)}: ${keyPart(place)}`),
          ...places.map((i) => `${quoted(names[i]!)}: (at = ${i}, a${i}.result(accumulators[${i}], window))`),
        ].join(', ')} }`,
      failedOn: 'accumulators[at]',
    },
    slowResultRow(uid, keyColumns, aggregates),
  )
  if (!isComposite) return rowOf
  return (key, accumulators, window) => rowOf(keyValues(key, keyColumns.length), accumulators, window)
}

function slowResultRow(uid: string, keyColumns: readonly string[], aggregates: Aggregates) {
  const { write } = combine(uid, aggregates)
  return (key: unknown, accumulators: readonly unknown[], window: TimeWindow) => {
    const values = keyColumns.length > 1 ? (key as readonly unknown[]) : [key]
    const row = Object.fromEntries(keyColumns.map((column, place) => [column, values[place]]))
    write(row, accumulators as unknown[], window)
    return row
  }
}
