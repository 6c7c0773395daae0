/** How far values lie apart: variance and standard deviation. */
import { float64, tuple, varint } from '../../topology/codec/index.ts'
import type { OpenFieldOf } from '../field-of.ts'
import { type Aggregate, type Input, inputOf, unfit } from './aggregate.ts'
import type { AvgOf } from './avg.ts'
import type { Summable } from './sum.ts'

/**
 * The standard deviation of a sample, as SQL's `STDDEV_SAMP`: of a field, or of a function's values. Null values are
 * skipped; of fewer than two others it is null.
 *
 * It is gathered in doubles, value by value, without the cancellation of sums of squares (Welford 1962), and put together
 * from parts (Chan, Golub and LeVeque 1979). Of decimals it is in units of their scale, as `avg` is; a variance in units of
 * the square of it.
 *
 * @throws {OperatorError} when a value is neither number, bigint nor null.
 * @example aggregate({ spread: stddev('amount') })
 */
export function stddev<T, R extends Summable>(fn: (row: T) => R): Aggregate<T, number | null>
export function stddev<T, F extends OpenFieldOf<T, Summable>>(field: F): Aggregate<T, number | null>
export function stddev(source: string | ((row: any) => unknown)): Aggregate<any, any> {
  return moments('stddev', inputOf(source, undefined), (gathered) => rootOf(sampleVariance(gathered)))
}

/** The standard deviation of all there is, as SQL's `STDDEV_POP`: see {@link stddev}; of nothing it is null. */
export function stddevPop<T, R extends Summable>(fn: (row: T) => R): Aggregate<T, AvgOf<R>>
export function stddevPop<T, F extends OpenFieldOf<T, Summable>>(field: F): Aggregate<T, AvgOf<T[F]>>
export function stddevPop(source: string | ((row: any) => unknown)): Aggregate<any, any> {
  return moments('stddevPop', inputOf(source, undefined), (gathered) => rootOf(populationVariance(gathered)))
}

/** The variance of a sample, as SQL's `VAR_SAMP`: see {@link stddev}. */
export function variance<T, R extends Summable>(fn: (row: T) => R): Aggregate<T, number | null>
export function variance<T, F extends OpenFieldOf<T, Summable>>(field: F): Aggregate<T, number | null>
export function variance(source: string | ((row: any) => unknown)): Aggregate<any, any> {
  return moments('variance', inputOf(source, undefined), sampleVariance)
}

/** The variance of all there is, as SQL's `VAR_POP`: see {@link stddev}; of nothing it is null. */
export function variancePop<T, R extends Summable>(fn: (row: T) => R): Aggregate<T, AvgOf<R>>
export function variancePop<T, F extends OpenFieldOf<T, Summable>>(field: F): Aggregate<T, AvgOf<T[F]>>
export function variancePop(source: string | ((row: any) => unknown)): Aggregate<any, any> {
  return moments('variancePop', inputOf(source, undefined), populationVariance)
}

/** How many values, their mean, and the sum of the squares of their distances from it. */
type Moments = [counted: number, mean: number, squares: number]

function moments(
  name: string,
  { description, reads, read }: Input,
  result: (gathered: Moments) => number | null,
): Aggregate<any, number | null, Moments> {
  return {
    description: `${name}(${description})`,
    reads,
    codec: tuple(varint, float64, float64),
    create: () => [0, 0, 0],
    add(accumulator, row) {
      const given = read(row)
      if (given === null || given === undefined) return accumulator
      if (typeof given !== 'number' && typeof given !== 'bigint') throw unfit('a number, a bigint or null', given)
      const value = Number(given)
      const distance = value - accumulator[1]
      accumulator[0]++
      accumulator[1] += distance / accumulator[0]
      accumulator[2] += distance * (value - accumulator[1])
      return accumulator
    },
    merge(into, [counted, mean, squares]) {
      if (counted === 0) return into
      const distance = mean - into[1]
      const total = into[0] + counted
      into[2] += squares + distance * distance * ((into[0] * counted) / total)
      into[1] += distance * (counted / total)
      into[0] = total
      return into
    },
    result,
  }
}

function sampleVariance([counted, , squares]: Moments): number | null {
  return counted < 2 ? null : squares / (counted - 1)
}

function populationVariance([counted, , squares]: Moments): number | null {
  return counted === 0 ? null : squares / counted
}

function rootOf(value: number | null): number | null {
  return value === null ? null : Math.sqrt(value)
}
