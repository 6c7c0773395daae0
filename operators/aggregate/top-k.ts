/** The records that rank highest. */
import { dynamic, list, tuple } from '../../topology/codec/index.ts'
import type { OpenFieldOf } from '../field-of.ts'
import { type Input, inputOf, type NeverNullAggregate } from './aggregate.ts'
import { type Comparable, comparableCodec, compare, type Known, ranked } from './min-max.ts'
import { wholeNumber } from './options.ts'

export interface TopKOptions {
  /**
   * Also those that equal the last of the `k`, however many these are: as SQL's `WITH TIES`.
   *
   * @default false
   */
  readonly ties?: boolean
}

/**
 * The `k` records that have the greatest values of `by`, a field or a function, the greatest first: of equals those that
 * arrived first. Records without a value are left out; of nothing else it is an empty list.
 *
 * Values are ordered as `max` orders them. For the least, rank by the negative. The state holds `k` records, 1,000 at most, and with `ties`
 * as many more as are equal.
 *
 * @throws {TopologyError} `AGGREGATE_OPTION` when `k` is out of range.
 * @throws {OperatorError} when a value has no order, or is of another type than those before.
 * @example aggregate({ largest: topK(3, 'amount') })
 * @example aggregate({ winners: topK(1, 'points', { ties: true }) })
 */
export function topK<T>(
  k: number,
  by: (row: T) => Comparable,
  options?: TopKOptions,
): NeverNullAggregate<T, readonly T[]>
export function topK<T, F extends OpenFieldOf<T, Comparable>>(
  k: number,
  by: F,
  options?: TopKOptions,
): NeverNullAggregate<T, readonly T[]>
export function topK(
  k: number,
  by: string | ((row: any) => unknown),
  { ties = false }: TopKOptions = {},
): NeverNullAggregate<any, readonly any[], Ranked[]> {
  wholeNumber('topK', 'k', k, 1, 1000)
  const { description, read }: Input = inputOf(by, undefined)
  return {
    description: `topK(${k}, ${description}${ties ? ', with ties' : ''})`,
    reads: '*',
    neverNull: true,
    codec: list(tuple(comparableCodec, dynamic)) as never,
    create: () => [],
    add(best, row) {
      const rank = ranked(read(row))
      if (rank !== null) insert(best, rank, row, k, ties)
      return best
    },
    merge(into, from) {
      for (const [rank, row] of from) insert(into, rank, row, k, ties)
      return into
    },
    result: (best) => best.map(([, row]) => row),
  }
}

type Ranked = [rank: Known, row: unknown]

/** Behind its equals, unless `k` others are as high; with `ties`, unless `k` others are higher. */
function insert(best: Ranked[], rank: Known, row: unknown, k: number, ties: boolean): void {
  if (best.length >= k) {
    const order = compare(rank, best[k - 1]![0])
    if (order < 0 || (order === 0 && !ties)) return
  }
  let place = best.length
  while (place > 0 && compare(rank, best[place - 1]![0]) > 0) place--
  best.splice(place, 0, [rank, row])
  while (best.length > k && !(ties && compare(best.at(-1)![0], best[k - 1]![0]) === 0)) best.pop()
}
