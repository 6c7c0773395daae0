/** The first rows of each window, in an order. */
import { appendWithSides, type Stream, type Transform } from '../../topology/stream.ts'
import type { Aggregate } from '../aggregate/aggregate.ts'
import type { FieldOf } from '../field-of.ts'
import { type WindowElementOf, type WindowedStream, windowParameters } from '../window/window.ts'
import { createWindowOperator } from '../window/window-operator.ts'
import { areTimed } from '../window/windows.ts'
import { type Comparison, comparisonOf, describeOrders, ordersOf, type Sortable } from './order.ts'
import { checkRows, type RankedRow, type RankOf, type RankOptions, rankedRows, rankInto, withRank } from './ranked.ts'

/** What `windowTopN` makes of a windowed stream. */
export interface WindowTopNOutputs<S, R extends string> {
  /** The first rows of each key and window whenever it fires: once, as a rule. Their event time is the window's last millisecond. */
  readonly out: Stream<RankedRow<WindowElementOf<S>, R>>
  /** Records that came after their window had closed. */
  readonly late: Stream<WindowElementOf<S>>
}

/**
 * Writes the first `n` rows of each key and window, the first one first, when the window fires: a stream, of which no row
 * is ever taken back. Over `window(global())` it writes them once, when a bounded input ends.
 *
 * The rows go out as `aggregate` writes its results: once, when the watermark passes the window's end + allowed lateness, or
 * whenever the window's trigger says so. Keyed state: up to `n` rows per key and open window, of sliding windows per pane.
 * For the first rows of all times, at every moment: `topN`.
 *
 * @throws {TopologyError} `TOP_N` when `n` is no whole number from 1 to 10,000.
 * @example
 * orders.pipe(
 *   keyBy('userId'),
 *   window(tumbling(days(1))),
 *   windowTopN({ n: 3, orderBy: desc('totalCents'), rank: 'place' }),
 * )
 */
export function windowTopN<
  S extends WindowedStream<any, any>,
  const F extends FieldOf<WindowElementOf<S>, Sortable>,
  const R extends string = never,
>(
  options: RankOptions<F, R> & { readonly rank?: RankOf<WindowElementOf<S>, R> },
): Transform<S, WindowTopNOutputs<S, R>> {
  const { n, rank }: RankOptions<F, R> = options
  const orders = ordersOf(options.orderBy)
  const uid = options.name ?? `windowTopN(${orders.map(({ field }) => field).join(',')})`
  checkRows(uid, n)
  return (windowed) => {
    const { input, windows, trigger, allowedLatenessMs, keyFields, keyColumns } = windowed
    const isKeyed = keyColumns.length > 0
    return appendWithSides(input, {
      uid,
      kind: 'windowTopN',
      parameters: {
        ...windowParameters(windowed),
        by: keyFields ?? 'function',
        n,
        orderBy: describeOrders(orders),
        ...(rank !== undefined && { rank }),
      },
      behaviour: {
        type: 'operator',
        create: (context) =>
          createWindowOperator(context, {
            windows,
            trigger,
            allowedLatenessMs,
            isKeyed,
            aggregates: { rows: firstRows(n, comparisonOf(orders)) },
            createFire: (writer) => (_key, accumulators, _window, timestampMs) => {
              const [rows] = accumulators as readonly [readonly unknown[]]
              for (let place = 0; place < rows.length; place++) {
                writer.write(withRank(rows[place], place, rank), timestampMs)
              }
            },
          }),
      },
      sideOutputs: ['late'],
      ...(areTimed(windows) && { shouldConnect: ['late'] }),
      columns: {
        out: rank === undefined ? 'same' : { '*': ['*'], [rank]: orders.map(({ field }) => field) },
        late: 'same',
      },
      time: areTimed(windows) ? 'needs' : 'ignores',
      ...(isKeyed && { key: 'needs' as const }),
      stateful: true,
    })
  }
}

/** Gathers the first `n` rows. Of equal ones, those of an earlier pane come first. */
function firstRows(n: number, compare: Comparison): Aggregate<unknown, readonly unknown[], unknown[]> {
  return {
    description: 'first rows',
    reads: '*',
    codec: rankedRows,
    create: () => [],
    add(rows, row) {
      rankInto(rows, row, n, compare)
      return rows
    },
    merge(into, from) {
      for (const row of from) if (rankInto(into, row, n, compare) < 0) break
      return into
    },
    result: (rows) => rows,
  }
}
