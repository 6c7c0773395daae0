/** Aggregate in two phases: parts before the exchange, and the parts behind it. */
import { TopologyError } from '../../topology/errors.ts'
import type { Node } from '../../topology/graph.ts'
import { append, type Stream, streamOf, type Transform } from '../../topology/stream.ts'
import type { Aggregate } from '../aggregate/aggregate.ts'
import type { Aggregates } from '../aggregate/combine.ts'
import { keyByFields } from '../key-by.ts'
import { map } from '../map.ts'
import { single } from '../single.ts'
import { type AggregateOptions, type AggregateRow, aggregate } from './aggregate.ts'
import { createPartials, type Part } from './create-partials.ts'
import { type PaneLayout, paneLayoutOf } from './pane-grid.ts'
import { createResultRow } from './result-row.ts'
import type { WindowElementOf, WindowedStream } from './window.ts'

/** What `twoPhaseAggregate` makes of a windowed stream. */
export interface TwoPhaseOutputs<S, A> {
  /** As of `aggregate`. */
  readonly out: Stream<AggregateRow<S, A>>
  /** What came after its window had closed: not the records, but the results of each part of them. */
  readonly late: Stream<AggregateRow<S, A>>
}

/**
 * As `aggregate`, with less to send: the records of a batch are gathered by key and pane before they are sent to the subtask
 * of their key, which puts the parts together. It pays where many records of a batch have one key (few keys, or skewed
 * ones, and `windowAll` most of all), and costs where keys seldom meet in a batch.
 *
 * A part never outlives its batch, so there is nothing of it that a checkpoint would have to hold, and a job may change
 * from one phase to two and back with its state. What a part is too late for arrives in `late` as results, since its records
 * are gone. For tumbling, sliding and global windows whose trigger does not count records. Columns are opaque to lineage.
 *
 * Guarantee: a record counts once in each of its windows that is open, or in a result that leaves by `late`, also over crashes
 * and rescales. Keyed state: that of `aggregate`, behind the exchange.
 *
 * @throws {TopologyError} as `aggregate`; `TWO_PHASE` when the windows are of another kind, or something stands between
 * `keyBy` and `window`.
 * @example
 * purchases.pipe(keyBy('action'), window(tumbling(days(1))), twoPhaseAggregate({ revenue: sum('amount'), orders: count() }))
 */
export function twoPhaseAggregate<
  S extends WindowedStream<any, any>,
  A extends Readonly<Record<string, Aggregate<WindowElementOf<S>, unknown>>>,
>(
  aggregates: A & Readonly<Record<string, Aggregate<WindowElementOf<S>, unknown>>>,
  options: AggregateOptions = {},
): Transform<S, TwoPhaseOutputs<S, A>> {
  return (windowed) => {
    const { input, keyColumns } = windowed
    const layout = layoutOf(windowed)
    const exchange = input.origin.node
    const keyOf = keyFunctionOf(exchange)
    const records = streamOf<Stream<any>>(input.graph, exchange.inputs[0]!.node, exchange.inputs[0]!.port)
    const partials = append<Stream<Part>>(records, {
      kind: 'partials',
      behaviour: {
        type: 'operator',
        create: (context) => createPartials(context, { keyOf, grid: layout.grid, aggregates }),
      },
      time: 'needs',
    })
    const sent = keyOf === undefined ? partials.pipe(single()) : keyByFields(partials, ({ key }: Part) => key)
    const { out, late } = aggregate<WindowedStream<any, any>, any>(
      mergingOf(aggregates),
      options,
    )({ ...windowed, input: sent as never })
    const resultOf = createResultRow('twoPhaseAggregate', keyColumns, aggregates)
    return { out, late: late.pipe(map(({ key, gathered, pane }: Part) => resultOf(key, gathered, pane))) } as never
  }
}

function layoutOf({ windows, trigger }: WindowedStream<any, any>): PaneLayout {
  if (windows.kind === 'session' || windows.kind === 'count') {
    throw refused(`${windows.kind} windows have no panes that are known before the exchange`, 'Use aggregate().')
  }
  if (trigger.records !== undefined) {
    throw refused('parts tell no trigger how many records there were', 'Use aggregate(), or another trigger.')
  }
  return paneLayoutOf(windows)
}

type KeyFunction = (row: any) => unknown

/** How the records that enter an exchange get their key, whether of fields or not; undefined where they have none. */
function keyFunctionOf({ id, behaviour }: Node): readonly string[] | KeyFunction | undefined {
  if (behaviour.type === 'key') return 'fields' in behaviour ? behaviour.fields : behaviour.fn
  if (behaviour.type === 'exchange') return undefined
  throw refused(`${id} stands between keyBy and window`, 'Put keyBy(…) directly before window(…).')
}

/** The same aggregates over parts: adding one is merging what it has gathered. */
function mergingOf(aggregates: Aggregates): Aggregates {
  const named = Object.entries(aggregates as Readonly<Record<string, Aggregate<any, unknown>>>)
  return Object.fromEntries(
    named.map(([name, each], place) => [
      name,
      { ...each, reads: '*', add: (into: unknown, { gathered }: Part) => each.merge(into, gathered[place]) },
    ]),
  )
}

function refused(problem: string, fix: string): TopologyError {
  return new TopologyError('TWO_PHASE', `twoPhaseAggregate(): ${problem}`, { fix })
}
