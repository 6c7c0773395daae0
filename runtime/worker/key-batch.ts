/** Gives every row of a batch its key and key group: what a hash edge routes by and keyed state is found by. */
import { describeValue } from '../../topology/describe-value.ts'
import { Batch, type Key } from '../../topology/element.ts'
import { OperatorError } from '../../topology/errors.ts'
import type { Behaviour } from '../../topology/graph.ts'
import { compositeKey, describeKey, keyGroupOf, toKey } from '../../topology/key.ts'

/** @throws {OperatorError} when a row has no usable key: null, NaN, an object … */
export function keyBatch(
  batch: Batch,
  behaviour: Extract<Behaviour, { type: 'key' }>,
  keyGroups: number,
  uid: string,
): Batch {
  const rows = batch.values
  const keys = new Array<Key>(rows.length)
  const groups = new Uint16Array(rows.length)
  let index = 0
  try {
    const keyOf = keyFunction(behaviour, batch)
    for (; index < rows.length; index++) {
      const key = keyOf(index)
      keys[index] = key
      groups[index] = keyGroupOf(key, keyGroups)
    }
  } catch (cause) {
    throw new OperatorError(
      `${uid}: a record has no usable key: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
        fix: 'Filter such records out, or key by something every record has.',
        details: {
          uid,
          function: describeKey('fn' in behaviour ? behaviour.fn : behaviour.fields),
          value: describeValue(rows[index]),
        },
      },
    )
  }
  const { timestampsMs, kinds, origin } = batch
  return new Batch(rows, { timestampsMs, kinds, keys, keyGroups: groups, origin })
}

/** The key of each row, by its place. */
function keyFunction(behaviour: Extract<Behaviour, { type: 'key' }>, batch: Batch): (row: number) => Key {
  if ('fn' in behaviour) {
    const { fn } = behaviour
    const rows = batch.values
    return (row) => toKey(fn(rows[row]))
  }
  // Whole columns: a reader is made for each field, where one that is told the name would be slow for all.
  const columns = behaviour.fields.map((field) => batch.column(field))
  if (columns.length === 1) {
    const column = columns[0]!
    return (row) => toKey(column[row])
  }
  return (row) => compositeKey(columns.map((column) => column[row]))
}
