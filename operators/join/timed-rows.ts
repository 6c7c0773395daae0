/** What a join needs of a batch. */
import type { OperatorContext } from '../../topology/contract/operator.ts'
import type { Batch, Key } from '../../topology/element.ts'
import { OperatorError } from '../../topology/errors.ts'
import { pickRows } from '../../topology/selection.ts'

export interface KeyedRows {
  readonly values: readonly unknown[]
  readonly keys: readonly Key[]
  readonly keyGroups: Uint16Array
}

export interface TimedRows extends KeyedRows {
  readonly timestampsMs: Float64Array
}

export function keyedRows({ uid }: OperatorContext, { values, keys, keyGroups }: Batch): KeyedRows {
  if (keys === undefined || keyGroups === undefined) {
    throw new OperatorError(`${uid} got a batch without keys`, { details: { uid } })
  }
  return { values, keys, keyGroups }
}

export function timedRows(context: OperatorContext, batch: Batch): TimedRows {
  const { timestampsMs } = batch
  if (timestampsMs === undefined) {
    const { uid } = context
    throw new OperatorError(`${uid} got a batch without event times`, { details: { uid } })
  }
  return { ...keyedRows(context, batch), timestampsMs }
}

/** Sends rows of a batch that came too late to the side output of their side, counted. */
export function emitLate(context: OperatorContext, batch: Batch, input: number, late: readonly number[]): void {
  if (late.length === 0) return
  context.metrics.counter('num_late_records_dropped_total').add(late.length)
  context.emit(input === 0 ? 'lateLeft' : 'lateRight', pickRows(batch, late))
}
