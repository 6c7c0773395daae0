/** Placeholder until the column codec lands. */
import { deserialize, serialize } from 'node:v8'
import { Batch } from '../../../topology/element.ts'

export function encodeBatch(batch: Batch): Uint8Array {
  const { values, timestampsMs, keyGroups, keys, kinds, origin } = batch
  return serialize({ values, timestampsMs, keyGroups, keys, kinds, origin })
}

export function decodeBatch(bytes: Uint8Array): Batch {
  const { values, ...attributes } = deserialize(bytes)
  return new Batch(values, attributes)
}
