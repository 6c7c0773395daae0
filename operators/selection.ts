/** Some rows of a batch, with what the batch says about each of them. */
import { Batch } from '../topology/element.ts'

/**
 * The batch of `rows`, where `rows[i]` came from row `picked[i]` of `batch`: event times, keys, key groups, kinds and
 * the split go with them.
 */
export function selection<T>(batch: Batch, picked: readonly number[], rows: readonly T[]): Batch<T> {
  if (picked.length === batch.length) return new Batch(rows, batch)
  const { timestampsMs, keyGroups, keys, kinds, split } = batch
  return new Batch(rows, {
    timestampsMs: timestampsMs && pick(timestampsMs, picked, new Float64Array(picked.length)),
    keyGroups: keyGroups && pick(keyGroups, picked, new Uint16Array(picked.length)),
    kinds: kinds && pick(kinds, picked, new Uint8Array(picked.length)),
    keys: keys && picked.map((index) => keys[index]!),
    split,
  })
}

/** The rows of `batch` at `picked`, in that order. */
export function pickRows<T>(batch: Batch<T>, picked: readonly number[]): Batch<T> {
  if (picked.length === batch.length) return batch
  const rows = batch.values
  return selection(
    batch,
    picked,
    picked.map((index) => rows[index]!),
  )
}

function pick<A extends Float64Array | Uint16Array | Uint8Array>(from: A, picked: readonly number[], into: A): A {
  for (let i = 0; i < picked.length; i++) into[i] = from[picked[i]!]!
  return into
}
