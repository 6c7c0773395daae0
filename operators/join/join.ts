/** Join all rows of two streams that have the same key. */
import type { DurationMs } from '../../topology/duration.ts'
import { TopologyError } from '../../topology/errors.ts'
import {
  type AnyStream,
  append,
  type ElementOf,
  type KeyedStream,
  type Stream,
  type Transform,
  type UpdatingStream,
} from '../../topology/stream.ts'
import { createJoin } from './create-join.ts'
import { joinSpec } from './join-node.ts'
import type { Joinable, JoinOptions, Merged, Unmerged } from './join-options.ts'

export interface RegularJoinOptions<L, R, J extends 'inner' | 'left', O> extends JoinOptions<L, R, J, O> {
  /**
   * How long after its event time a row is kept, in event time.
   *
   * @default for ever: state grows with every row
   */
  readonly ttl?: DurationMs
}

/** Matches never change; a left row that goes out without one is taken back when one comes. */
export type RegularJoined<O, J> = O extends Unmerged<unknown> ? O : J extends 'inner' ? Stream<O> : UpdatingStream<O>

/**
 * Joins each row with all rows of the other side that have the same key, whenever they come.
 *
 * A match goes out as soon as its second row is there, at the later of both event times, if they have any. With
 * `type: 'left'` a left row goes out at once, without a match if there is none yet; the first match that comes replaces that
 * row. So a left join is an updating stream, and an inner join a stream. Nothing is late: with a `ttl` a row matches what is
 * not older than the watermark by more than that. The key is dropped. Keyed state: all rows of both sides, with a `ttl`
 * until the watermark has passed them by it; where rows lie near each other in time, `intervalJoin` keeps less.
 *
 * Guarantee: each match goes out once; a left row is replaced by its first match, never beside it.
 *
 * @throws {TopologyError} `JOIN_TTL` when the ttl is no duration above 0, `NO_EVENT_TIME` with a ttl; `JOIN_KEY`.
 * @throws {OperatorError} naming the operator, the function and both rows, when `where` or `select` throws or returns
 * what it must not.
 * @example
 * orders.pipe(
 *   keyBy('order_id'),
 *   join(shipments.pipe(keyBy('order_id')), {
 *     select: (order, { carrier }) => ({ order_id: order.order_id, carrier }),
 *   }),
 * )
 */
export function join<
  L extends KeyedStream<any, any>,
  R extends KeyedStream<any, any>,
  const J extends 'inner' | 'left' = 'inner',
  O = Merged<L, R, J>,
>(
  right: R & Joinable<L, R>,
  options: RegularJoinOptions<ElementOf<L>, ElementOf<R>, J, O> = {},
): Transform<L, RegularJoined<O, J>> {
  const { ttl: ttlMs } = options
  if (ttlMs !== undefined && !(Number.isSafeInteger(ttlMs) && ttlMs > 0)) {
    throw new TopologyError('JOIN_TTL', `join can't keep rows for ${ttlMs} ms`, {
      fix: 'Use a duration above 0, as in { ttl: hours(24) }.',
    })
  }
  const isUpdating = options.type === 'left'
  return (left) =>
    append<any>([left, right as AnyStream], {
      ...joinSpec(left, right as AnyStream, {
        kind: 'join',
        options,
        parameters: ttlMs === undefined ? {} : { ttlMs },
        create: (context) => createJoin(context, options),
      }),
      time: ttlMs === undefined ? 'ignores' : 'needs',
      ...(isUpdating && { changes: 'makes' as const }),
    })
}
