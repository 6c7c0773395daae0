/** Keep the last row of each key. */
import { dynamic } from '../../topology/codec/index.ts'
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import { type Batch, type Key, RowKind } from '../../topology/element.ts'
import { type AnyStream, append, type ElementOf, type Transform, type UpdatingStream } from '../../topology/stream.ts'
import type { FieldOf } from '../field-of.ts'
import { keyedRows } from '../join/timed-rows.ts'
import { keyByFields } from '../key-by.ts'
import { RowOutput } from '../row-output.ts'
import { type Comparison, comparisonOf, desc, type Sortable } from './order.ts'

export interface LatestOptions<K extends string, F extends string> {
  /** The field, or fields together, of which each value has a last row. */
  readonly by: K | readonly [K, ...K[]]
  /**
   * The field whose greatest value makes a row the last; of several, the first that differs decides. Of equal rows it is the
   * one that came last.
   *
   * @default the order in which rows come
   */
  readonly orderBy?: F | readonly [F, ...F[]]
  /**
   * Names the operator's state, where the default would collide.
   *
   * @default latest(…) with the fields of the key
   */
  readonly name?: string
}

/**
 * Keeps the last row of each key: an updating stream, in which each row replaces the one before.
 *
 * A change goes out with every row that is the last when it comes, at its event time; a row that comes when a later one is
 * there already is dropped. Brings its own exchange by the fields. Needs no event times. Keyed state: one row per key.
 *
 * @throws {OperatorError} when a key is null or NaN.
 * @example orders.pipe(latest({ by: 'userId', orderBy: 'ordered' }))
 */
export function latest<
  S extends AnyStream,
  const K extends FieldOf<ElementOf<S>, Key>,
  const F extends FieldOf<ElementOf<S>, Sortable> = never,
>(options: LatestOptions<K, F>): Transform<S, UpdatingStream<ElementOf<S>>> {
  const by = fieldsOf(options.by)
  const orderBy = options.orderBy === undefined ? [] : fieldsOf(options.orderBy)
  // In descending order, so that a row without a value is never the last.
  const compare = comparisonOf(orderBy.map((field) => desc(field)))
  return (input) =>
    append(keyByFields(input, by), {
      uid: options.name ?? `latest(${by.join(',')})`,
      kind: 'latest',
      parameters: { by, orderBy },
      behaviour: { type: 'operator', create: (context) => createLatest(context, compare) },
      columns: { out: 'same' },
      time: 'ignores',
      key: 'needs',
      stateful: true,
      changes: 'makes',
    })
}

function createLatest(context: OperatorContext, compare: Comparison): Operator {
  const state = context.state.keyed<unknown>({ name: 'latest', codec: dynamic })
  const gauge = context.metrics.gauge('state_entries', { state: 'latest' })
  const output = new RowOutput(context)
  return {
    onBatch(batch: Batch) {
      const { values, keys, keyGroups } = keyedRows(context, batch)
      for (let i = 0; i < values.length; i++) {
        const [row, timestampMs] = [values[i], batch.timestampsMs?.[i]]
        const before = state.get(0, keyGroups[i]!, keys[i]!)
        if (before !== undefined && compare(row, before) > 0) continue
        state.set(0, keyGroups[i]!, keys[i]!, row)
        if (before !== undefined) output.push(before, timestampMs, RowKind.updateBefore)
        output.push(row, timestampMs, before === undefined ? RowKind.insert : RowKind.updateAfter)
      }
      output.flush()
      gauge.set(state.size)
    },
  }
}

function fieldsOf<F extends string>(fields: F | readonly F[]): readonly F[] {
  return typeof fields === 'string' ? [fields] : fields
}
