/** The records of each key that rank highest, or lowest. */
import type { Json } from '../../topology/json.ts'
import {
  append,
  type ElementOf,
  type Flat,
  type KeyedStream,
  type Transform,
  type UpdatingStream,
} from '../../topology/stream.ts'
import { inputOf } from '../aggregate/aggregate.ts'
import type { Comparable } from '../aggregate/min-max.ts'
import { wholeNumber } from '../aggregate/options.ts'
import type { FieldOf } from '../field-of.ts'
import { keyFieldsOf } from '../key-by.ts'
import { createRanking } from './create-ranking.ts'

export interface TopNOptions<T, C extends string> {
  /** @default descending: the greatest first */
  readonly order?: 'ascending' | 'descending'
  /**
   * Of records with equal values, the one with the least of these stands first: for a result that does not depend on how
   * streams interleave.
   *
   * @default those that arrived first stand first
   */
  readonly thenBy?: FieldOf<T, Comparable> | ((row: T) => Comparable)
  /**
   * The column that the place of a record goes into, from 1. With it a record that another one passes is an update too.
   *
   * @default none
   */
  readonly rank?: C
  /**
   * Names the operator's state, where the default would collide.
   *
   * @default topN(…) with n and what it ranks by
   */
  readonly name?: string
}

type KeyedOf<S, C extends string> =
  S extends KeyedStream<any, any>
    ? UpdatingStream<[C] extends [never] ? ElementOf<S> : Flat<ElementOf<S> & { [N in C]: number }>>
    : never

/**
 * The `n` records of each key with the greatest values of `by`, a field or a function, as they change with every record:
 * SQL's `ROW_NUMBER() OVER (PARTITION BY … ORDER BY …) <= n`.
 *
 * A record that gets among them goes out, and the one that it replaces is taken back, once per key and batch. Of equals those
 * that arrived first stand first, unless `thenBy` says otherwise. Records without a value are left out. The event time of a
 * key's changes is the greatest of the records that came with them. Watermarks pass unchanged; nothing is late; the key is
 * dropped. For one answer per window, without changes, use `window(…)` with `aggregate({ top: topK(n, by) })`. Keyed state:
 * `n` records per key, 1,000 at most.
 *
 * Guarantee: the changes come to the first `n` of all records so far, also over crashes and rescales.
 *
 * @throws {TopologyError} `UNKEYED`; `AGGREGATE_OPTION` when `n` is out of range.
 * @throws {OperatorError} naming the operator and the record, when `by` throws or a value has no order.
 * @example bids.pipe(keyBy('auction'), topN(10, 'price', { rank: 'rank' }), changes())
 */
export function topN<
  S extends KeyedStream<any, any>,
  F extends FieldOf<ElementOf<S>, Comparable>,
  const C extends string = never,
>(
  n: number,
  by: F | ((row: ElementOf<S>) => Comparable),
  options: TopNOptions<ElementOf<S>, C> = {},
): Transform<S, KeyedOf<S, C>> {
  wholeNumber('topN', 'n', n, 1, 1000)
  const input = inputOf(by as never, undefined)
  const { order = 'descending', rank } = options
  const thenBy = options.thenBy === undefined ? undefined : inputOf(options.thenBy as never, undefined)
  return (stream) =>
    append(stream, {
      uid: options.name ?? `topN(${n},${input.description})`,
      kind: 'topN',
      parameters: {
        by: keyFieldsOf(stream, 'topN') ?? 'function',
        n,
        orderBy: input.description,
        order,
        ...(thenBy !== undefined && { thenBy: thenBy.description }),
        ...(rank !== undefined && { rank: rank as Json }),
      },
      behaviour: {
        type: 'operator',
        create: (context) => createRanking(context, { n, by: input, order, thenBy, ties: 'first', rank }),
      },
      columns: { out: rank === undefined ? 'same' : { '*': ['*'], [rank]: input.reads === '*' ? [] : input.reads } },
      time: 'ignores',
      key: 'needs',
      stateful: true,
      changes: 'makes',
    })
}
