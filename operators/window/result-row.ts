/** The row that a window of a key comes to: the key's columns, then the results. */
import type { Key } from '../../topology/element.ts'
import { keyValues } from '../../topology/key.ts'
import { type Aggregates, combine } from '../aggregate/combine.ts'
import { emptyRow } from '../row-shape.ts'
import type { TimeWindow } from './time-window.ts'

export type ResultRow = (key: Key, accumulators: readonly unknown[], window: TimeWindow) => unknown

export function createResultRow(uid: string, keyColumns: readonly string[], aggregates: Aggregates): ResultRow {
  const { names, write } = combine(uid, aggregates)
  const empty = emptyRow([...keyColumns, ...names])
  return (key, accumulators, window) => {
    const row = { ...empty }
    if (keyColumns.length === 1) row[keyColumns[0]!] = key
    else if (keyColumns.length > 1) {
      const values = keyValues(key, keyColumns.length)
      for (let i = 0; i < keyColumns.length; i++) row[keyColumns[i]!] = values[i]
    }
    write(row, accumulators as unknown[], window)
    return row
  }
}
