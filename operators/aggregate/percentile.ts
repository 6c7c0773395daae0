/** Percentiles, about. */
import { TopologyError } from '../../topology/errors.ts'
import type { OpenFieldOf } from '../field-of.ts'
import { type Aggregate, inputOf, unfit } from './aggregate.ts'
import type { AvgOf } from './avg.ts'
import { wholeNumber } from './options.ts'
import type { Summable } from './sum.ts'
import { addValue, emptyDigest, mergeDigests, quantiles, type TDigest, tDigestCodec } from './t-digest.ts'

export interface PercentileOptions {
  /**
   * How much is kept: 6 × compression centroids of 9 to 17 bytes at most. From 20 to 10,000.
   *
   * @default 200
   */
  readonly compression?: number
}

/** A percentile for each share, in their order; null when there are no values. */
export type PercentilesOf<V, Q extends readonly number[]> =
  | { readonly [Place in keyof Q]: number }
  | (null extends V ? null : never)

/**
 * The value below which a share of the values of a field, or of a function, lies: 0.5 is the median. A double. Null values
 * are skipped; of nothing else it is null, as in SQL.
 *
 * The state is bounded: a t-digest. With up to 6 × compression values (1,200 by default) it is SQL's `PERCENTILE_CONT`; above
 * that what it gives for a share q is the value of a share that is off by 2π · √(q(1 − q)) / compression at most where parts
 * are not merged: 1.6 % at the median, 0.3 % at 0.99, 0.1 % at 0.999; as a rule by a tenth of that, and at 0 and 1 by nothing
 * to speak of.
 *
 * @throws {TopologyError} `AGGREGATE_OPTION` when a share or the compression is out of range.
 * @throws {OperatorError} when a value is neither a finite number, a bigint nor null.
 * @example aggregate({ median: percentile('amount', 0.5) })
 */
export function percentile<T, R extends Summable>(
  fn: (row: T) => R,
  share: number,
  options?: PercentileOptions,
): Aggregate<T, AvgOf<R>>
export function percentile<T, F extends OpenFieldOf<T, Summable>>(
  field: F,
  share: number,
  options?: PercentileOptions,
): Aggregate<T, AvgOf<T[F]>>
export function percentile(
  source: string | ((row: any) => unknown),
  share: number,
  options: PercentileOptions = {},
): Aggregate<any, any> {
  const all = digesting('percentile', source, [share], options)
  return { ...all, result: (digest, window) => all.result(digest, window)?.[0] ?? null }
}

/**
 * Several percentiles from one state, in the order of their shares: see {@link percentile}.
 *
 * @example aggregate({ amounts: percentiles('amount', [0.5, 0.9, 0.99]) }) // amounts: readonly [number, number, number]
 */
export function percentiles<T, R extends Summable, const Q extends readonly [number, ...number[]]>(
  fn: (row: T) => R,
  shares: Q,
  options?: PercentileOptions,
): Aggregate<T, PercentilesOf<R, Q>>
export function percentiles<T, F extends OpenFieldOf<T, Summable>, const Q extends readonly [number, ...number[]]>(
  field: F,
  shares: Q,
  options?: PercentileOptions,
): Aggregate<T, PercentilesOf<T[F], Q>>
export function percentiles(
  source: string | ((row: any) => unknown),
  shares: readonly number[],
  options: PercentileOptions = {},
): Aggregate<any, any> {
  return digesting('percentiles', source, shares, options)
}

function digesting(
  name: string,
  source: string | ((row: any) => unknown),
  shares: readonly number[],
  { compression = 200 }: PercentileOptions,
): Aggregate<any, number[] | null, TDigest> {
  wholeNumber(name, 'compression', compression, 20, 10_000)
  const outside = shares.find((share) => !(share >= 0 && share <= 1))
  if (outside !== undefined) {
    throw new TopologyError('AGGREGATE_OPTION', `${name}: a share can't be ${outside}`, {
      fix: 'Give shares from 0 to 1: 0.5 is the median.',
      details: { aggregate: name, option: 'share', value: outside },
    })
  }
  const { description, reads, read } = inputOf(source, undefined)
  return {
    description: `${name}(${description}, ${shares.join(', ')})`,
    reads,
    codec: tDigestCodec,
    create: emptyDigest,
    add(digest, row) {
      const given = read(row)
      if (given === null || given === undefined) return digest
      const value = typeof given === 'bigint' ? Number(given) : given
      if (typeof value !== 'number' || !Number.isFinite(value)) throw unfit('a finite number, a bigint or null', given)
      addValue(digest, value, compression)
      return digest
    },
    merge(into, from) {
      mergeDigests(into, from, compression)
      return into
    },
    result: (digest) => quantiles(digest, shares),
  }
}
