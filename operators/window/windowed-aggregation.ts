/** How windows are gathered, closed and written: the behaviour of `aggregate`. */
import { tuple } from '../../topology/codec/index.ts'
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import { Batch, type Key, MAX_BATCH_ROWS, type Watermark } from '../../topology/element.ts'
import { OperatorError } from '../../topology/errors.ts'
import { keyValues } from '../../topology/key.ts'
import { pickRows } from '../../topology/selection.ts'
import { userFunctionError } from '../../topology/user-function.ts'
import type { Aggregate } from '../aggregate/aggregate.ts'
import { emptyRow } from '../row-shape.ts'
import { restoredTime, timeEntries } from '../watermark/subtask-times.ts'
import { type TumblingWindows, windowStartOf } from './tumbling.ts'

export interface WindowedAggregation {
  readonly windows: TumblingWindows
  readonly allowedLatenessMs: number
  /** The columns that the key is made of. */
  readonly keyColumns: readonly string[]
  readonly aggregates: Readonly<Record<string, Aggregate<never, unknown>>>
}

export function createWindowedAggregation(context: OperatorContext, plan: WindowedAggregation): Operator {
  const { windows, allowedLatenessMs, keyColumns } = plan
  const names = Object.keys(plan.aggregates)
  const aggregates = Object.values(plan.aggregates) as Aggregate<unknown, unknown>[]
  const columns = emptyRow([...keyColumns, ...names])
  const lateCounter = context.metrics.counter('num_late_records_dropped_total')

  // Namespace: the window's start. The value: one accumulator per aggregate, in their order.
  const state = context.state.keyed<unknown[]>({
    name: 'windows',
    codec: tuple(...aggregates.map((aggregate) => aggregate.codec)),
  })
  const times = context.state.split('times')

  /** The greatest real watermark. */
  let watermarkMs = restoredTime(context, times.restored, 'watermark', 'greatest')
  /** The end of the last window that a drain closed: not passed by a watermark, and closed all the same. */
  let drainedEndMs = restoredTime(context, times.restored, 'drained', 'greatest')
  /** When the first of the open windows closes. */
  let nextCloseMs = Number.POSITIVE_INFINITY
  for (const startMs of state.namespaces()) nextCloseMs = Math.min(nextCloseMs, closesAtMs(startMs))

  times.onSnapshot(() => timeEntries(context, { watermark: watermarkMs, drained: drainedEndMs }))

  /** The watermark at which the window from `startMs` closes: its last millisecond, and the allowed lateness. */
  function closesAtMs(startMs: number): number {
    return startMs + windows.sizeMs - 1 + allowedLatenessMs
  }

  function isClosed(startMs: number): boolean {
    return closesAtMs(startMs) <= watermarkMs || startMs + windows.sizeMs <= drainedEndMs
  }

  function create(startMs: number, keyGroup: number, key: Key): unknown[] {
    const accumulators = aggregates.map((aggregate) => aggregate.create())
    state.set(startMs, keyGroup, key, accumulators)
    nextCloseMs = Math.min(nextCloseMs, closesAtMs(startMs))
    return accumulators
  }

  function add(accumulators: unknown[], row: unknown, timestampMs: number): void {
    for (let i = 0; i < aggregates.length; i++) {
      try {
        accumulators[i] = aggregates[i]!.add(accumulators[i], row, timestampMs)
      } catch (error) {
        throw userFunctionError(context.uid, `${names[i]}: ${aggregates[i]!.description}`, row, error)
      }
    }
  }

  /** Writes and forgets the window from `startMs`. */
  function close(startMs: number): void {
    const endMs = startMs + windows.sizeMs
    const timeWindow = { startMs, endMs }
    let rows: unknown[] = []
    for (const [, key, accumulators] of state.entries(startMs)) {
      const row = { ...columns }
      const values = keyValues(key, keyColumns.length)
      for (let i = 0; i < keyColumns.length; i++) row[keyColumns[i]!] = values[i]
      for (let i = 0; i < names.length; i++) row[names[i]!] = aggregates[i]!.result(accumulators[i], timeWindow)
      rows.push(row)
      if (rows.length === MAX_BATCH_ROWS) {
        emit(rows, endMs)
        rows = []
      }
    }
    if (rows.length > 0) emit(rows, endMs)
    state.drop(startMs)
  }

  function emit(rows: readonly unknown[], endMs: number): void {
    context.emit('out', new Batch(rows, { timestampsMs: new Float64Array(rows.length).fill(endMs - 1) }))
  }

  /** Closes what a watermark passes, in the order of the windows' ends. */
  function advance(toMs: number): void {
    if (nextCloseMs > toMs) return
    nextCloseMs = Number.POSITIVE_INFINITY
    for (const startMs of state.namespaces()) {
      if (closesAtMs(startMs) > toMs) {
        nextCloseMs = closesAtMs(startMs)
        return
      }
      close(startMs)
      if (toMs === Number.POSITIVE_INFINITY) drainedEndMs = Math.max(drainedEndMs, startMs + windows.sizeMs)
    }
  }

  return {
    onBatch(batch: Batch) {
      const { values: rows, timestampsMs, keys, keyGroups } = batch
      if (timestampsMs === undefined || keys === undefined || keyGroups === undefined) {
        throw new OperatorError(`${context.uid} got a batch without event times or keys`, {
          details: { uid: context.uid },
        })
      }
      const late: number[] = []
      for (let i = 0; i < rows.length; i++) {
        const startMs = windowStartOf(windows, timestampsMs[i]!)
        if (isClosed(startMs)) late.push(i)
        else {
          const [keyGroup, key] = [keyGroups[i]!, keys[i]!]
          add(state.update(startMs, keyGroup, key) ?? create(startMs, keyGroup, key), rows[i], timestampsMs[i]!)
        }
      }
      if (late.length > 0) {
        lateCounter.add(late.length)
        context.emit('late', pickRows(batch, late))
      }
    },
    onWatermark(watermark: Watermark) {
      if (watermark.timestampMs < Number.POSITIVE_INFINITY) {
        watermarkMs = Math.max(watermarkMs, watermark.timestampMs)
      }
      advance(watermark.timestampMs)
      return watermark
    },
  }
}
