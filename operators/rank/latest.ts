/** The last record of each key. */
import { append, type ElementOf, type KeyedStream, type Transform, type UpdatingStream } from '../../topology/stream.ts'
import { inputOf } from '../aggregate/aggregate.ts'
import type { Comparable } from '../aggregate/min-max.ts'
import type { FieldOf } from '../field-of.ts'
import { keyFieldsOf } from '../key-by.ts'
import { createRanking } from './create-ranking.ts'

export interface LatestOptions {
  /**
   * Names the operator's state, where the default would collide.
   *
   * @default latest(…) with what it goes by
   */
  readonly name?: string
}

/**
 * The record of each key with the greatest value of `by`, such as a time or a version: of equals the one that arrived last.
 *
 * It goes out as it comes, and takes back the one before it, once per key and batch: so the result is a table with one row
 * per key. Older records change nothing; those without a value are left out. The event time of a change is that of its
 * record. Watermarks pass unchanged; nothing is late; the key is dropped. To keep the first record instead, and nothing to
 * be taken back, use `deduplicate`. Keyed state: a record per key, for ever.
 *
 * Guarantee: the changes come to the last of all records so far, also over crashes and rescales.
 *
 * @throws {TopologyError} `UNKEYED`.
 * @throws {OperatorError} naming the operator and the record, when `by` throws or a value has no order.
 * @example bids.pipe(keyBy('auction', 'bidder'), latest('at'), changes())
 */
export function latest<S extends KeyedStream<any, any>, F extends FieldOf<ElementOf<S>, Comparable>>(
  by: F | ((row: ElementOf<S>) => Comparable),
  options: LatestOptions = {},
): Transform<S, S extends KeyedStream<any, any> ? UpdatingStream<ElementOf<S>> : never> {
  const input = inputOf(by as never, undefined)
  return (stream) =>
    append(stream, {
      uid: options.name ?? `latest(${input.description})`,
      kind: 'latest',
      parameters: { by: keyFieldsOf(stream, 'latest') ?? 'function', orderBy: input.description },
      behaviour: {
        type: 'operator',
        create: (context) =>
          createRanking(context, {
            n: 1,
            by: input,
            order: 'descending',
            thenBy: undefined,
            ties: 'last',
            rank: undefined,
          }),
      },
      columns: { out: 'same' },
      time: 'ignores',
      key: 'needs',
      stateful: true,
      changes: 'makes',
    })
}
