/** Some rows of a batch, with what the batch says about each of them. */
import { Batch, type BatchAttributes, type Key } from './element.ts'

/**
 * The batch of `rows`, where `rows[i]` came from row `picked[i]` of `batch`: event times, keys, key groups, kinds and
 * the split go with them.
 */
export function selection<T>(batch: BatchAttributes, picked: ArrayLike<number>, rows: readonly T[]): Batch<T> {
  const { timestampsMs, keyGroups, keys, kinds, split, origin } = batch
  return new Batch(rows, {
    timestampsMs: timestampsMs && pick(timestampsMs, picked, new Float64Array(picked.length)),
    keyGroups: keyGroups && pick(keyGroups, picked, new Uint16Array(picked.length)),
    kinds: kinds && pick(kinds, picked, new Uint8Array(picked.length)),
    keys: keys && pick(keys, picked, new Array<Key>(picked.length)),
    split,
    origin,
  })
}

/** The rows of `batch` at `picked`, in that order. */
export function pickRows<T>(batch: Batch<T>, picked: ArrayLike<number>): Batch<T> {
  if (picked.length === batch.length) return batch
  const rows = batch.values
  return selection(batch, picked, pick(rows, picked, new Array<T>(picked.length)))
}

function pick<E, A extends { [index: number]: E; readonly length: number }>(
  from: { readonly [index: number]: E },
  picked: ArrayLike<number>,
  into: A,
): A {
  for (let i = 0; i < picked.length; i++) into[i] = from[picked[i]!]!
  return into
}
