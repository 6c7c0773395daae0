/** The row that a window of a key comes to: the key's columns, then the results. */
import type { Key } from '../../topology/element.ts'
import { generated, quoted } from '../../topology/generated.ts'
import { keyValues } from '../../topology/key.ts'
import { userFunctionError } from '../../topology/user-function.ts'
import type { Aggregate } from '../aggregate/aggregate.ts'
import type { Aggregates } from './accumulators.ts'
import type { TimeWindow } from './time-window.ts'

export type ResultRow = (key: Key, accumulators: readonly unknown[], window: TimeWindow) => unknown

export function createResultRow(uid: string, keyColumns: readonly string[], named: Aggregates): ResultRow {
  const names = Object.keys(named)
  const aggregates = Object.values(named) as Aggregate<unknown, unknown>[]
  const literal = rowLiteral(uid, keyColumns, names)
  const values = keyColumns.length > 1 ? (key: Key) => keyValues(key, keyColumns.length) : (key: Key) => [key]
  let at = 0
  const resultOf = (index: number, accumulators: readonly unknown[], window: TimeWindow) => {
    at = index
    return aggregates[index]!.result(accumulators[index], window)
  }
  return (key, accumulators, window) => {
    at = 0
    try {
      return literal(values(key), accumulators, window, resultOf)
    } catch (error) {
      throw userFunctionError(uid, `${names[at]}: ${aggregates[at]!.description}`, key, error)
    }
  }
}

type ResultOf = (index: number, accumulators: readonly unknown[], window: TimeWindow) => unknown
type Literal = (
  values: readonly Key[],
  accumulators: readonly unknown[],
  window: TimeWindow,
  resultOf: ResultOf,
) => unknown

/** One literal with all columns: rows share a hidden class, and cost a fiftieth of adding columns one by one. */
function rowLiteral(uid: string, keyColumns: readonly string[], names: readonly string[]): Literal {
  const columns = [
    ...keyColumns.map((column, i) => `${quoted(column)}: values[${i}]`),
    ...names.map((name, i) => `${quoted(name)}: resultOf(${i}, accumulators, window)`),
  ]
  return generated<Literal>(
    ['values', 'accumulators', 'window', 'resultOf'],
    `${quoted(uid)}\nreturn { ${columns.join(', ')} }`,
    (values, accumulators, window, resultOf) => {
      const row: Record<string, unknown> = {}
      for (let i = 0; i < keyColumns.length; i++) row[keyColumns[i]!] = values[i]
      for (let i = 0; i < names.length; i++) row[names[i]!] = resultOf(i, accumulators, window)
      return row
    },
  )
}
