/** One result row per key and window. */
import { TopologyError } from '../../topology/errors.ts'
import { appendWithSides, type Flat, type Stream, type Transform } from '../../topology/stream.ts'
import type { Aggregate, ResultOf } from '../aggregate/aggregate.ts'
import type { Aggregates } from '../aggregate/combine.ts'
import { checkNames, columnFlow } from '../aggregate/result-columns.ts'
import { createResultRow } from './result-row.ts'
import { type WindowElementOf, type WindowedStream, type WindowKeyOf, windowParameters } from './window.ts'
import { createWindowOperator } from './window-operator.ts'
import { areTimed } from './windows.ts'

export interface AggregateOptions {
  /**
   * Names the operator's state, where the default would collide.
   *
   * @default aggregate(…) with the names of the results
   */
  readonly name?: string
}

/** A row of results: the columns of the key, then the aggregates. */
export type AggregateRow<S, A> = Flat<WindowKeyOf<S> & { [N in keyof A]: ResultOf<A[N]> }>

/** What `aggregate` makes of a windowed stream. */
export interface AggregateOutputs<S, A> {
  /** One row per key and window whenever it fires: once, as a rule. Its event time is the last millisecond of the window. */
  readonly out: Stream<AggregateRow<S, A>>
  /** Records that came after their window had closed. */
  readonly late: Stream<WindowElementOf<S>>
}

/**
 * Gathers the records of each key and window into one row: the key's columns and a column per aggregate.
 *
 * A row is written once, when the watermark passes the window's end + allowed lateness, or whenever the window's trigger
 * says so; a window without records has none. A drain closes all windows that have an end: the end of the last of them is
 * remembered, so that what comes for one of them in a later run is late rather than a second row. Windows are written in
 * the order of their ends. Keyed state: the accumulators of every open window; of sliding windows those of their panes,
 * each once.
 *
 * Guarantee: a record counts once in each of its windows that is open, and leaves by `late` when none is, also over crashes
 * and rescales.
 *
 * @throws {TopologyError} `AGGREGATE_NAME` when there is no aggregate, or one is called as a column of the key;
 * `WINDOW_BOUNDS` when one tells when the window begins or ends, and the windows have no such time.
 * @throws {OperatorError} naming the operator, the aggregate and the record, when a function throws or a value is unfit.
 * @example
 * orders.pipe(keyBy('userId'), window(tumbling(days(1))), aggregate({ day: windowDay(), revenue: sum('amount') }))
 */
export function aggregate<
  S extends WindowedStream<any, any>,
  A extends Readonly<Record<string, Aggregate<WindowElementOf<S>, unknown>>>,
>(
  aggregates: A & Readonly<Record<string, Aggregate<WindowElementOf<S>, unknown>>>,
  options: AggregateOptions = {},
): Transform<S, AggregateOutputs<S, A>> {
  return (windowed) => {
    const { input, windows, trigger, allowedLatenessMs, keyFields, keyColumns } = windowed
    const names = Object.keys(aggregates)
    checkNames('aggregate', names, keyColumns)
    if (!areTimed(windows)) checkBounds(aggregates, windows.kind)
    const uid = options.name ?? `aggregate(${names.join(',')})`
    return appendWithSides(input, {
      uid,
      kind: 'aggregate',
      parameters: {
        ...windowParameters(windowed),
        by: keyFields ?? 'function',
        aggregates: Object.fromEntries(names.map((name) => [name, aggregates[name]!.description])),
      },
      behaviour: {
        type: 'operator',
        create: (context) =>
          createWindowOperator(context, {
            windows,
            trigger,
            allowedLatenessMs,
            isKeyed: keyColumns.length > 0,
            aggregates,
            createFire: (writer) => {
              const rowOf = createResultRow(context.uid, keyColumns, aggregates)
              return (key, accumulators, window, timestampMs) =>
                writer.write(rowOf(key, accumulators, window), timestampMs)
            },
          }),
      },
      sideOutputs: ['late'],
      ...(areTimed(windows) && { shouldConnect: ['late'] }),
      columns: { out: columnFlow(keyFields, aggregates), late: 'same' },
      time: areTimed(windows) ? 'needs' : 'ignores',
      ...(keyColumns.length > 0 && { key: 'needs' as const }),
      stateful: true,
    })
  }
}

function checkBounds(aggregates: Aggregates, kind: string): void {
  const bounds = Object.values(aggregates).find((each) => each.needsBounds)
  if (bounds === undefined) return
  throw new TopologyError('WINDOW_BOUNDS', `${kind} windows have no beginning and end for ${bounds.description}`, {
    fix: 'Leave it out, or use windows of event time.',
  })
}
