/** Gives every row of a batch its key and key group: what a hash edge routes by and keyed state is found by. */
import { describeValue } from '../../topology/describe-value.ts'
import { Batch, type Key } from '../../topology/element.ts'
import { OperatorError } from '../../topology/errors.ts'
import type { Behaviour } from '../../topology/graph.ts'
import { compositeKey, keyGroupOf, toKey } from '../../topology/key.ts'

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
  const keyOf = keyFunction(behaviour)
  let index = 0
  try {
    for (; index < rows.length; index++) {
      const key = keyOf(rows[index])
      keys[index] = key
      groups[index] = keyGroupOf(key, keyGroups)
    }
  } catch (cause) {
    throw new OperatorError(
      `${uid}: a record has no usable key: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
        fix: 'Filter such records out, or key by something every record has.',
        details: { uid, value: describeValue(rows[index]) },
      },
    )
  }
  const { timestampsMs, kinds, origin } = batch
  return new Batch(rows, { timestampsMs, kinds, keys, keyGroups: groups, origin })
}

function keyFunction(behaviour: Extract<Behaviour, { type: 'key' }>): (row: any) => Key {
  if ('fn' in behaviour) {
    const { fn } = behaviour
    return (row) => toKey(fn(row))
  }
  const { fields } = behaviour
  if (fields.length === 1) {
    const field = fields[0]!
    return (row) => toKey(row[field])
  }
  return (row) => compositeKey(fields.map((field) => row[field]))
}
