/** Join each row with the version of another one that was valid at its time. */
import type { ElementOf, KeyedStream, Transform } from '../../topology/stream.ts'
import { createTemporalJoin } from './create-temporal-join.ts'
import { appendTimedJoin } from './join-node.ts'
import type { Joinable, Joined, JoinOptions, Merged } from './join-options.ts'

export type TemporalJoinOptions<L, R, J extends 'inner' | 'left', O> = JoinOptions<L, R, J, O>

/**
 * Joins each left row with the row of the right stream that was valid at the left one's event time: of the same key, the
 * last one up to then. So the right stream is a table with versions, such as prices or rates.
 *
 * A left row waits until the watermark has passed it, since a version from before it may still come, and goes out with its
 * own event time. With `type: 'left'` one without a version goes out too. Of two versions of one time the one that arrived
 * last holds. A row at or before the watermark is late, on either side. A drain joins all that waits; what comes at or before
 * the last of it in a later run is late. The key is dropped. Keyed state: the rows of both sides that the watermark has not
 * passed; of each key the version that holds at the watermark, for ever.
 *
 * Guarantee: each left row leaves by `lateLeft` or is joined once, with the version of its time, whatever order they came in.
 *
 * @throws {TopologyError} `UNKEYED`, `JOIN_KEY`, `NO_EVENT_TIME`.
 * @throws {OperatorError} naming the operator, the function and both rows, when `where` or `select` throws or returns
 * what it must not.
 * @example
 * orders.pipe(
 *   keyBy('order_id'),
 *   temporalJoin(shipments.pipe(keyBy('order_id')), {
 *     type: 'left',
 *     select: (order, shipment) => ({ order_id: order.order_id, carrier: shipment?.carrier ?? null }),
 *   }),
 * )
 */
export function temporalJoin<
  L extends KeyedStream<any, any>,
  R extends KeyedStream<any, any>,
  const J extends 'inner' | 'left' = 'inner',
  O = Merged<L, R, J>,
>(
  right: R & Joinable<L, R>,
  options: TemporalJoinOptions<ElementOf<L>, ElementOf<R>, J, O> = {},
): Transform<L, Joined<L, R, O>> {
  return (left) =>
    appendTimedJoin<any>(left, right, {
      kind: 'temporalJoin',
      options,
      parameters: {},
      create: (context) => createTemporalJoin(context, options),
    })
}
