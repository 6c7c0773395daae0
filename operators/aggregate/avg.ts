/** The mean. */
import { tuple, varint } from '../../topology/codec/index.ts'
import type { OpenFieldOf } from '../field-of.ts'
import { type Aggregate, inputOf } from './aggregate.ts'
import { addToSum, mergeSums, type Sum, type Summable, sumCodec, sumResult } from './sum.ts'

/** The mean of nothing is null. */
export type AvgOf<V> = null extends V ? number | null : number

/**
 * The mean of a field, or of a function's values, over the records of a window: a double. Null values are skipped; of
 * nothing else it is null, as in SQL.
 *
 * The sum is exact (see `sum`), so nothing is lost but by rounding the mean to a double. The mean of decimals is in units
 * of their scale, as the decimals themselves are: of 19.90 and 19.91 at scale 2 it is 1990.5.
 *
 * @example aggregate({ averageAmount: avg('amount') })
 */
export function avg<T, R extends Summable>(fn: (row: T) => R): Aggregate<T, AvgOf<R>>
export function avg<T, F extends OpenFieldOf<T, Summable>>(field: F): Aggregate<T, AvgOf<T[F]>>
export function avg(source: string | ((row: any) => unknown)): Aggregate<any, any, [Sum, number]> {
  const { description, reads, read } = inputOf(source, undefined)
  return {
    description: `avg(${description})`,
    reads,
    codec: tuple(sumCodec, varint),
    create: () => [null, 0],
    add(accumulator, row) {
      const value = read(row)
      if (value === null || value === undefined) return accumulator
      accumulator[0] = addToSum(accumulator[0], value)
      accumulator[1]++
      return accumulator
    },
    merge(into, from) {
      into[0] = mergeSums(into[0], from[0])
      into[1] += from[1]
      return into
    },
    result: ([total, counted]) => divide(sumResult(total), counted),
  }
}

function divide(total: Summable, counted: number): number | null {
  if (typeof total !== 'bigint') return total === null ? null : total / counted
  // The whole part and the rest apart: a large total would be rounded before it is divided.
  const divisor = BigInt(counted)
  return Number(total / divisor) + Number(total % divisor) / counted
}
