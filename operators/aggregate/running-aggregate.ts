/** One result row per key, which goes on changing. */
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import { type Batch, type Key, RowKind } from '../../topology/element.ts'
import { OperatorError, TopologyError } from '../../topology/errors.ts'
import {
  append,
  type ElementOf,
  type Flat,
  type KeyedStream,
  type Transform,
  type UpdatingStream,
} from '../../topology/stream.ts'
import { keyFieldsOf } from '../key-by.ts'
import { RowOutput } from '../row-output.ts'
import { accumulatorsOf } from '../window/accumulators.ts'
import { createResultRow } from '../window/result-row.ts'
import type { TimeWindow } from '../window/time-window.ts'
import type { Aggregate, ResultOf } from './aggregate.ts'
import type { Aggregates } from './combine.ts'
import { checkNames, columnFlow } from './result-columns.ts'

export interface RunningAggregateOptions {
  /**
   * Names the operator's state, where the default would collide.
   *
   * @default runningAggregate(…) with the names of the results
   */
  readonly name?: string
}

type KeyColumnsOf<S> = S extends KeyedStream<infer K, any> ? K : never

/** A row of results: the columns of the key, then the aggregates. */
export type RunningRow<S, A> = Flat<KeyColumnsOf<S> & { [N in keyof A]: ResultOf<A[N]> }>

/**
 * Gathers all records of each key, since the job began, into one row that goes on changing: SQL's `GROUP BY` over a stream.
 *
 * A key's first row is an insert; later ones take the row before out (update-before) and put the new one in
 * (update-after), once per key and batch of records, and only where a column has changed. The event time of a change is the
 * greatest of the records that made it. Watermarks pass unchanged; nothing is late. Keyed state: the accumulators of every
 * key that there was, for ever: of keys that come and go, windows are smaller.
 *
 * Guarantee: a record counts once, also over crashes and rescales.
 *
 * @throws {TopologyError} `AGGREGATE_NAME` when there is no aggregate, or one is called as a column of the key;
 * `WINDOW_BOUNDS` when one tells when its window begins or ends.
 * @throws {OperatorError} naming the operator, the aggregate and the record, when a function throws or a value is unfit.
 * @example const totals = orders.pipe(keyBy('userId'), runningAggregate({ orders: count(), spent: sum('amount') }), changes())
 */
export function runningAggregate<
  S extends KeyedStream<any, any>,
  A extends Readonly<Record<string, Aggregate<ElementOf<S>, unknown>>>,
>(
  aggregates: A & Readonly<Record<string, Aggregate<ElementOf<S>, unknown>>>,
  options: RunningAggregateOptions = {},
): Transform<S, S extends KeyedStream<any, any> ? UpdatingStream<RunningRow<S, A>> : never> {
  return (input) => {
    const keyFields = keyFieldsOf(input, 'runningAggregate')
    const keyColumns = keyFields ?? ['key']
    const names = Object.keys(aggregates)
    checkNames('runningAggregate', names, keyColumns)
    checkUnbounded(aggregates)
    return append(input, {
      uid: options.name ?? `runningAggregate(${names.join(',')})`,
      kind: 'runningAggregate',
      parameters: {
        by: keyFields ?? 'function',
        aggregates: Object.fromEntries(names.map((name) => [name, aggregates[name]!.description])),
      },
      behaviour: {
        type: 'operator',
        create: (context) => createRunningAggregate(context, keyColumns, aggregates),
      },
      columns: { out: columnFlow(keyFields, aggregates) },
      time: 'ignores',
      key: 'needs',
      stateful: true,
      changes: 'makes',
    })
  }
}

function checkUnbounded(aggregates: Aggregates): void {
  const bounds = Object.values(aggregates).find((each) => each.needsBounds)
  if (bounds === undefined) return
  throw new TopologyError(
    'WINDOW_BOUNDS',
    `runningAggregate() has no window whose bounds ${bounds.description} could tell`,
    {
      fix: 'Leave it out, or put window(…) before and use aggregate().',
    },
  )
}

/** All of time. */
const ALWAYS: TimeWindow = { startMs: Number.NEGATIVE_INFINITY, endMs: Number.POSITIVE_INFINITY }

/** What a batch does to a key. */
interface Change {
  readonly accumulators: unknown[]
  /** The row that is out; undefined when there is none. */
  readonly before: unknown
  timestampMs: number | undefined
}

function createRunningAggregate(
  context: OperatorContext,
  keyColumns: readonly string[],
  aggregates: Aggregates,
): Operator {
  const accumulators = accumulatorsOf(context.uid, aggregates)
  const rowOf = createResultRow(context.uid, keyColumns, aggregates)
  const names = Object.keys(aggregates)
  const state = context.state.keyed<unknown[]>({ name: 'totals', codec: accumulators.codec })
  const output = new RowOutput(context)

  function begin(keyGroup: number, key: Key, timestampMs: number | undefined): Change {
    const kept = state.update(0, keyGroup, key)
    if (kept !== undefined) return { accumulators: kept, before: rowOf(key, kept, ALWAYS), timestampMs }
    state.set(0, keyGroup, key, accumulators.create())
    // What was set may be written before the batch is over; only what update hands out may change until then.
    return { accumulators: state.update(0, keyGroup, key)!, before: undefined, timestampMs }
  }

  function write(key: Key, { accumulators: gathered, before, timestampMs }: Change): void {
    const after = rowOf(key, gathered, ALWAYS)
    if (before === undefined) {
      output.push(after, timestampMs)
      return
    }
    if (names.every((name) => Object.is((before as any)[name], (after as any)[name]))) return
    output.push(before, timestampMs, RowKind.updateBefore)
    output.push(after, timestampMs, RowKind.updateAfter)
  }

  return {
    onBatch(batch: Batch) {
      const { values: rows, timestampsMs, keys, keyGroups } = batch
      if (keys === undefined || keyGroups === undefined) {
        throw new OperatorError(`${context.uid} got a batch without keys`, { details: { uid: context.uid } })
      }
      const changes = new Map<Key, Change>()
      for (let i = 0; i < rows.length; i++) {
        const timestampMs = timestampsMs?.[i]
        let change = changes.get(keys[i]!)
        if (change === undefined) {
          change = begin(keyGroups[i]!, keys[i]!, timestampMs)
          changes.set(keys[i]!, change)
        } else if (timestampMs! > change.timestampMs!) {
          change.timestampMs = timestampMs
        }
        accumulators.add(change.accumulators, i, i + 1, rows, timestampsMs)
      }
      for (const [key, change] of changes) write(key, change)
      output.flush()
    },
  }
}
