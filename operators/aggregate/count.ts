/** Counting records. */
import { varint } from '../../topology/codec/index.ts'
import { type Aggregate, inputOf } from './aggregate.ts'

/**
 * How many records the window has; of a field, how many in which it is not null. A long, never null.
 *
 * @example aggregate({ transactions: count() })
 */
export function count(): Aggregate<unknown, bigint>
export function count<T, F extends keyof T & string>(field: F): Aggregate<T, bigint>
export function count(field?: string): Aggregate<any, bigint, number> {
  const result = (accumulator: number) => BigInt(accumulator)
  const create = () => 0
  const merge = (into: number, from: number) => into + from
  if (field === undefined) {
    return { description: 'count()', reads: [], codec: varint, create, add: (counted) => counted + 1, merge, result }
  }
  const { description, reads, read } = inputOf(field, undefined)
  return {
    description: `count(${description})`,
    reads,
    codec: varint,
    create,
    add(counted, row) {
      const value = read(row)
      return value === null || value === undefined ? counted : counted + 1
    },
    merge,
    result,
  }
}
