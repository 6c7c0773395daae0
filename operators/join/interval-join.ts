/** Join rows of two streams that lie near each other in time. */
import type { DurationMs } from '../../topology/duration.ts'
import { TopologyError } from '../../topology/errors.ts'
import type { ElementOf, KeyedStream, Transform } from '../../topology/stream.ts'
import { createIntervalJoin } from './create-interval-join.ts'
import { appendTimedJoin } from './join-node.ts'
import type { Joinable, Joined, JoinOptions, JoinType, Merged } from './join-options.ts'

export interface IntervalJoinOptions<L, R, J extends JoinType, O> extends JoinOptions<L, R, J, O> {
  /** The right row lies so far behind the left one at least; negative, so far before it at most. */
  readonly lower: DurationMs
  /** The right row lies so far behind the left one at most, inclusive. */
  readonly upper: DurationMs
}

/**
 * Joins each left row with the right rows of the same key whose event time is from `lower` to `upper` behind its own,
 * both inclusive.
 *
 * A match goes out as soon as its second row is there, at the later of both event times. A row that matches nothing and
 * is to be kept (`type: 'left'`, `'right'`, `'full'`) goes out once the watermark has passed the last moment a match could
 * have had, at that moment or at its own time, whichever is later; so results are never late themselves. A row at or
 * before the watermark is late, since what it would have matched may be gone. A drain settles all rows; what comes at or
 * before the last of them in a later run is late. The key is dropped. Keyed state: the rows of both sides, until the
 * watermark has passed all they could match.
 *
 * Guarantee: each match goes out once, and each row that is kept without one once.
 *
 * @throws {TopologyError} `JOIN_BOUNDS` when the bounds are no durations, or `lower` is above `upper`; `JOIN_KEY`.
 * @throws {OperatorError} naming the operator, the function and both rows, when `where` or `select` throws or returns
 * what it must not.
 * @example
 * orders.pipe(
 *   keyBy('order_id'),
 *   intervalJoin(shipments.pipe(keyBy('order_id')), {
 *     lower: hours(0),
 *     upper: hours(4),
 *     select: (order, { carrier }) => ({ order_id: order.order_id, carrier }),
 *   }),
 * )
 */
export function intervalJoin<
  L extends KeyedStream<any, any>,
  R extends KeyedStream<any, any>,
  const J extends JoinType = 'inner',
  O = Merged<L, R, J>,
>(
  right: R & Joinable<L, R>,
  options: IntervalJoinOptions<ElementOf<L>, ElementOf<R>, J, O>,
): Transform<L, Joined<L, R, O>> {
  const { lower: lowerMs, upper: upperMs } = options
  if (!(Number.isSafeInteger(lowerMs) && Number.isSafeInteger(upperMs) && lowerMs <= upperMs)) {
    throw new TopologyError('JOIN_BOUNDS', `intervalJoin can't have the bounds ${lowerMs} and ${upperMs} ms`, {
      fix: 'Use durations, the lower one first, as in { lower: minutes(-5), upper: minutes(0) }.',
    })
  }
  return (left) =>
    appendTimedJoin<any>(left, right, {
      kind: 'intervalJoin',
      options,
      parameters: { lowerMs, upperMs },
      create: (context) => createIntervalJoin(context, { lowerMs, upperMs, options }),
    })
}
