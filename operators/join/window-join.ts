/** Join rows of two streams that fall into the same window. */
import { TopologyError } from '../../topology/errors.ts'
import type { AnyStream, ElementOf, KeyedStream, Transform } from '../../topology/stream.ts'
import { tracksChanges } from '../window/trigger.ts'
import type { WindowElementOf, WindowedStream, WindowKeyOf } from '../window/window.ts'
import { windowParameters } from '../window/window.ts'
import { areTimed } from '../window/windows.ts'
import { createWindowJoin } from './create-window-join.ts'
import { appendTimedJoin } from './join-node.ts'
import type { Joinable, Joined, JoinOptions, JoinType, Merged } from './join-options.ts'

/** The left side as a stream. */
type LeftOf<W> = KeyedStream<WindowKeyOf<W>, WindowElementOf<W>>

/**
 * Joins each row of a windowed stream with the rows of another one that have the same key and fall into the same window.
 *
 * The windows are those of the left side, cut for both: tumbling, sliding or session windows, of which both sides together
 * make one. Matches, and rows that match nothing and are to be kept (`type: 'left'`, `'right'`, `'full'`), go out once, when
 * the watermark has passed the window's end and the allowed lateness; their event time is the window's last millisecond. A
 * row whose windows have all closed is late. The key is dropped. Keyed state: the rows of both sides in every open window,
 * of sliding windows each once.
 *
 * Guarantee: each match goes out once for each window that both rows came in time for.
 *
 * @throws {TopologyError} `JOIN_WINDOWS` when the windows have no end, are not keyed, or have a trigger; `JOIN_KEY`.
 * @throws {OperatorError} naming the operator, the function and both rows, when `where` or `select` throws or returns
 * what it must not.
 * @example
 * orders.pipe(
 *   keyBy('order_id'),
 *   window(tumbling(hours(1))),
 *   windowJoin(shipments.pipe(keyBy('order_id')), {
 *     select: (order, { carrier }) => ({ order_id: order.order_id, carrier }),
 *   }),
 * )
 */
export function windowJoin<
  W extends WindowedStream<any, any>,
  R extends KeyedStream<any, any>,
  const J extends JoinType = 'inner',
  O = Merged<LeftOf<W>, R, J>,
>(
  right: R & Joinable<LeftOf<W>, R>,
  options: JoinOptions<WindowElementOf<W>, ElementOf<R>, J, O> = {},
): Transform<W, Joined<LeftOf<W>, R, O>> {
  return (windowed) => {
    check(windowed)
    const { input, windows, trigger, allowedLatenessMs } = windowed
    return appendTimedJoin<any>(input, right as AnyStream, {
      kind: 'windowJoin',
      options,
      parameters: windowParameters(windowed),
      create: (context) => createWindowJoin(context, { windows, trigger, allowedLatenessMs, options }),
    })
  }
}

function check({ windows, trigger, keyColumns }: WindowedStream<any, any>): void {
  const problem = !areTimed(windows)
    ? `${windows.kind} windows have no end in event time`
    : keyColumns.length === 0
      ? 'windowAll has no key'
      : trigger.firesLate || trigger.purges || tracksChanges(trigger)
        ? 'a trigger would have rows go out more than once'
        : undefined
  if (problem === undefined) return
  throw new TopologyError('JOIN_WINDOWS', `windowJoin can't join these windows: ${problem}`, {
    fix: 'Use keyBy and tumbling, sliding or session windows without a trigger, as in window(tumbling(minutes(1))).',
  })
}
