/** Counting what differs. */
import { keySet } from '../../topology/codec/index.ts'
import type { Key } from '../../topology/element.ts'
import { toKey } from '../../topology/key.ts'
import type { OpenFieldOf } from '../field-of.ts'
import { inputOf, type NeverNullAggregate } from './aggregate.ts'

/**
 * How many different values a field, or a function, has over the records of a window, null not counted. A long.
 *
 * Exact, so its state holds every different value of every open window. Values differ as keys do: '1' is not 1, −0 is 0.
 *
 * @throws {OperatorError} when a value is NaN or no primitive.
 * @example aggregate({ products: countDistinct('product_id') })
 */
export function countDistinct<T>(fn: (row: T) => Key | null): NeverNullAggregate<T, bigint>
export function countDistinct<T, F extends OpenFieldOf<T, Key | null>>(field: F): NeverNullAggregate<T, bigint>
export function countDistinct(source: string | ((row: any) => unknown)): NeverNullAggregate<any, bigint, Set<Key>> {
  const { description, reads, read } = inputOf(source, undefined)
  return {
    description: `countDistinct(${description})`,
    reads,
    neverNull: true,
    codec: keySet,
    create: () => new Set(),
    add(seen, row) {
      const value = read(row)
      return value === null || value === undefined ? seen : seen.add(toKey(value))
    },
    merge(into, from) {
      for (const key of from) into.add(key)
      return into
    },
    result: (seen) => BigInt(seen.size),
  }
}
