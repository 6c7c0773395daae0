/** The records that rank highest. */
import { dynamic, list, tuple } from '../../topology/codec/index.ts'
import type { FieldOf } from '../field-of.ts'
import { type Input, inputOf, type NeverNullAggregate } from './aggregate.ts'
import { type Comparable, comparableCodec, compare, type Known, ranked } from './min-max.ts'
import { wholeNumber } from './options.ts'

/**
 * The `k` records that have the greatest values of `by`, a field or a function, the greatest first: of equals those that
 * arrived first. Records without a value are left out; of nothing else it is an empty list.
 *
 * Values are ordered as `max` orders them. For the least, rank by the negative. The state holds `k` records, 1,000 at most.
 *
 * @throws {TopologyError} `AGGREGATE_OPTION` when `k` is out of range.
 * @throws {OperatorError} when a value has no order, or is of another type than those before.
 * @example aggregate({ largest: topK(3, 'amount') })
 */
export function topK<T>(k: number, by: (row: T) => Comparable): NeverNullAggregate<T, readonly T[]>
export function topK<T, F extends FieldOf<T, Comparable>>(k: number, by: F): NeverNullAggregate<T, readonly T[]>
export function topK(
  k: number,
  by: string | ((row: any) => unknown),
): NeverNullAggregate<any, readonly any[], Ranked[]> {
  wholeNumber('topK', 'k', k, 1, 1000)
  const { description, read }: Input = inputOf(by, undefined)
  return {
    description: `topK(${k}, ${description})`,
    reads: '*',
    neverNull: true,
    codec: list(tuple(comparableCodec, dynamic)) as never,
    create: () => [],
    add(best, row) {
      const rank = ranked(read(row))
      if (rank !== null) insert(best, rank, row, k)
      return best
    },
    merge(into, from) {
      for (const [rank, row] of from) insert(into, rank, row, k)
      return into
    },
    result: (best) => best.map(([, row]) => row),
  }
}

type Ranked = [rank: Known, row: unknown]

/** Behind its equals, unless `k` others are as high. */
function insert(best: Ranked[], rank: Known, row: unknown, k: number): void {
  let place = best.length
  while (place > 0 && compare(rank, best[place - 1]![0]) > 0) place--
  if (place >= k) return
  best.splice(place, 0, [rank, row])
  if (best.length > k) best.pop()
}
