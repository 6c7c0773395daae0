/** The records of a window themselves, in the order in which they came. */
import { dynamic, list } from '../../topology/codec/index.ts'
import type { ValueCodec } from '../../topology/contract/state.ts'
import type { Aggregate } from '../aggregate/aggregate.ts'

/** Its state holds every record of every open window. */
export const collectedRows: Aggregate<unknown, readonly unknown[], unknown[]> = {
  description: 'rows',
  reads: '*',
  codec: list(dynamic as ValueCodec<unknown>),
  create: () => [],
  add(rows, row) {
    rows.push(row)
    return rows
  },
  merge(into, from) {
    for (const row of from) into.push(row)
    return into
  },
  result: (rows) => rows,
}
