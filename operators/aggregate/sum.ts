/** Sums: exact for bigints, compensated for numbers. */
import type { ValueCodec } from '../../topology/contract/state.ts'
import type { OpenFieldOf } from '../field-of.ts'
import { type Aggregate, inputOf, unfit } from './aggregate.ts'

/** What may be summed up: null is skipped. */
export type Summable = number | bigint | null

/** The type of a sum: that of what is summed, where a literal is any of its kind. */
export type SumOf<V> = V extends bigint ? bigint : V extends number ? number : V

/**
 * The sum of a field, or of a function's value, over the records of a window. Null values are skipped; of nothing else
 * the sum is null, as in SQL. It has the type of the field.
 *
 * Bigints (longs, decimals beyond 15 digits) are summed exactly. Numbers are summed with compensation (Neumaier 1974),
 * so that integers and scaled decimals are exact while the result is within ±(2^53 − 1), and doubles err by the last
 * rounding only. Fields named beside a function are what lineage can see: the function reads no others.
 *
 * @example sum('amount')
 * @example sum(['action', 'amount'], ({ action, amount }) => (action === 'refund' ? -amount : amount))
 * @throws {OperatorError} when a value is neither number, bigint nor null, or both numbers and bigints come.
 */
export function sum<T, R extends Summable>(fn: (row: T) => R): Aggregate<T, SumOf<R>>
export function sum<T, const F extends keyof T & string, R extends Summable>(
  fields: readonly F[],
  fn: (row: Pick<T, F>) => R,
): Aggregate<T, SumOf<R>>
// The last overload is the one that errors quote.
export function sum<T, F extends OpenFieldOf<T, Summable>>(field: F): Aggregate<T, SumOf<T[F]>>
export function sum(
  source: string | readonly string[] | ((row: any) => unknown),
  fn?: (row: any) => unknown,
): Aggregate<any, any, Sum> {
  const { description, reads, read } = inputOf(source, fn)
  return {
    description: `sum(${description})`,
    reads,
    codec: sumCodec,
    create: () => null,
    add: (accumulator, row) => addToSum(accumulator, read(row)),
    merge: mergeSums,
    result: sumResult,
  }
}

/** A running sum: null before the first value, a bigint, or a number with what rounding has lost of it. */
export type Sum = null | bigint | NumberSum

interface NumberSum {
  total: number
  lost: number
}

/** The running sum with `value` added; null and undefined add nothing. Number sums are changed in place. */
export function addToSum(accumulator: Sum, value: unknown): Sum {
  if (typeof value === 'bigint') {
    if (accumulator === null) return value
    if (typeof accumulator === 'bigint') return accumulator + value
    throw unfit('a number, as before', value)
  }
  if (value === null || value === undefined) return accumulator
  if (typeof value !== 'number') throw unfit('a number, a bigint or null', value)
  if (accumulator === null) return { total: value, lost: 0 }
  if (typeof accumulator === 'bigint') throw unfit('a bigint, as before', value)
  const total = accumulator.total + value
  accumulator.lost +=
    Math.abs(accumulator.total) >= Math.abs(value)
      ? accumulator.total - total + value
      : value - total + accumulator.total
  accumulator.total = total
  return accumulator
}

/** The running sum of both; `from` stays as it is. */
export function mergeSums(into: Sum, from: Sum): Sum {
  if (from === null || typeof from === 'bigint') return addToSum(into, from)
  const merged = addToSum(into, from.total) as NumberSum
  merged.lost += from.lost
  return merged
}

export function sumResult(accumulator: Sum): Summable {
  if (accumulator === null || typeof accumulator === 'bigint') return accumulator
  // Once a total is infinite or NaN, so is what it lost; the total says it all.
  return Number.isFinite(accumulator.total) ? accumulator.total + accumulator.lost : accumulator.total
}

/**
 * ```text
 * uint8 0                          nothing summed yet
 * uint8 1, bigint                  a sum of bigints
 * uint8 2, float64, float64        a sum of numbers: total, lost
 * ```
 */
export const sumCodec: ValueCodec<Sum> = {
  name: 'sum',
  version: 1,
  write(writer, value) {
    if (value === null) return writer.uint8(0)
    if (typeof value === 'bigint') {
      writer.uint8(1)
      return writer.bigint(value)
    }
    writer.uint8(2)
    writer.float64(value.total)
    writer.float64(value.lost)
  },
  read(reader) {
    const tag = reader.uint8()
    if (tag === 0) return null
    return tag === 1 ? reader.bigint() : { total: reader.float64(), lost: reader.float64() }
  },
  copy: (value) => (value === null || typeof value === 'bigint' ? value : { total: value.total, lost: value.lost }),
}
