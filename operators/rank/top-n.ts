/** Keep the first rows of each key, in an order. */
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import { type Batch, type Key, RowKind } from '../../topology/element.ts'
import { type AnyStream, append, type ElementOf, type Transform, type UpdatingStream } from '../../topology/stream.ts'
import type { FieldOf } from '../field-of.ts'
import { keyedRows } from '../join/timed-rows.ts'
import { keyByFields } from '../key-by.ts'
import { RowOutput } from '../row-output.ts'
import { type Comparison, comparisonOf, describeOrders, ordersOf, type Sortable } from './order.ts'
import { checkRows, type RankedRow, type RankOf, type RankOptions, rankedRows, rankInto, withRank } from './ranked.ts'

export interface TopNOptions<K extends string, F extends string, R extends string> extends RankOptions<F, R> {
  /** The field, or fields together, of which each value has first rows. */
  readonly by: K | readonly [K, ...K[]]
}

/**
 * Keeps the first `n` rows of each key: an updating stream.
 *
 * Without a rank, a row that enters goes out as an insert, after the delete of the one that leaves for it. With a rank,
 * each place that has another row than before is updated. Changes go out with the row that brings them about, at its
 * event time. Brings its own exchange by the fields. Needs no event times. Keyed state: up to `n` rows per key. For the
 * first rows of a window, once: `windowTopN`.
 *
 * @throws {TopologyError} `TOP_N` when `n` is no whole number from 1 to 10,000.
 * @throws {OperatorError} when a key is null or NaN.
 * @example orders.pipe(topN({ by: 'userId', n: 10, orderBy: desc('totalCents'), rank: 'place' }))
 */
export function topN<
  S extends AnyStream,
  const K extends FieldOf<ElementOf<S>, Key>,
  const F extends FieldOf<ElementOf<S>, Sortable>,
  const R extends string = never,
>(
  options: TopNOptions<K, F, R> & { readonly rank?: RankOf<ElementOf<S>, R> },
): Transform<S, UpdatingStream<RankedRow<ElementOf<S>, R>>> {
  const by: readonly string[] = typeof options.by === 'string' ? [options.by] : options.by
  const uid = options.name ?? `topN(${by.join(',')})`
  const { n, rank }: RankOptions<F, R> = options
  checkRows(uid, n)
  const orders = ordersOf(options.orderBy)
  return (input) =>
    append(keyByFields(input, by), {
      uid,
      kind: 'topN',
      parameters: { by, n, orderBy: describeOrders(orders), ...(rank !== undefined && { rank }) },
      behaviour: { type: 'operator', create: (context) => createTopN(context, n, rank, comparisonOf(orders)) },
      columns: { out: rank === undefined ? 'same' : { '*': ['*'], [rank]: orders.map(({ field }) => field) } },
      time: 'ignores',
      key: 'needs',
      stateful: true,
      changes: 'makes',
    })
}

function createTopN(context: OperatorContext, n: number, rank: string | undefined, compare: Comparison): Operator {
  const state = context.state.keyed<unknown[]>({ name: 'rows', codec: rankedRows })
  const gauge = context.metrics.gauge('state_entries', { state: 'rows' })
  const output = new RowOutput(context)

  /** The row that was last before one entered has left, if there were n. */
  function replace(left: unknown, entered: unknown, timestampMs: number | undefined): void {
    if (left !== undefined) output.push(left, timestampMs, RowKind.delete)
    output.push(entered, timestampMs)
  }

  /** Every place from `from` on has another row than before. */
  function move(before: readonly unknown[], rows: readonly unknown[], from: number, timestampMs?: number): void {
    for (let place = from; place < rows.length; place++) {
      const isNew = place >= before.length
      if (!isNew) output.push(withRank(before[place], place, rank), timestampMs, RowKind.updateBefore)
      output.push(withRank(rows[place], place, rank), timestampMs, isNew ? RowKind.insert : RowKind.updateAfter)
    }
  }

  return {
    onBatch(batch: Batch) {
      const { values, keys, keyGroups } = keyedRows(context, batch)
      for (let i = 0; i < values.length; i++) {
        let rows = state.update(0, keyGroups[i]!, keys[i]!)
        if (rows === undefined) {
          rows = []
          state.set(0, keyGroups[i]!, keys[i]!, rows)
        }
        const before = rank === undefined ? [] : [...rows]
        const last = rows.length === n ? rows[n - 1] : undefined
        const place = rankInto(rows, values[i], n, compare)
        if (place < 0) continue
        if (rank === undefined) replace(last, values[i], batch.timestampsMs?.[i])
        else move(before, rows, place, batch.timestampsMs?.[i])
      }
      output.flush()
      gauge.set(state.size)
    },
  }
}
