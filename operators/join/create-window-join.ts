/** The behaviour of `windowJoin`: windows over the rows of both sides, each of which has a list in them. */
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import type { Aggregate } from '../aggregate/aggregate.ts'
import { collectedRows } from '../window/collected-rows.ts'
import type { ResultWriter } from '../window/result-writer.ts'
import type { Fire } from '../window/window-mechanism.ts'
import { createWindowOperator, type WindowPlan } from '../window/window-operator.ts'
import type { JoinOptions, JoinType } from './join-options.ts'
import { createPairing, type Pairing } from './pairing.ts'

export interface WindowJoinPlan extends Pick<WindowPlan, 'windows' | 'trigger' | 'allowedLatenessMs'> {
  readonly options: JoinOptions<any, any, JoinType, any>
}

export function createWindowJoin(context: OperatorContext, { options, ...plan }: WindowJoinPlan): Operator {
  const pairing = createPairing(context.uid, options)
  /** The input that is being read. */
  let current = 0
  const windows = createWindowOperator(
    {
      ...context,
      emit: (port, batch) => context.emit(port === 'late' ? ['lateLeft', 'lateRight'][current]! : port, batch),
    },
    {
      ...plan,
      isKeyed: true,
      aggregates: { left: rowsOf(() => current === 0), right: rowsOf(() => current === 1) },
      createFire: (writer) => firePairs(pairing, writer),
    },
  )
  return {
    ...windows,
    onBatch(batch, input) {
      current = input
      windows.onBatch(batch, input)
    },
  }
}

/** Gathers the rows that come while its side is read. */
function rowsOf(isRead: () => boolean): Aggregate<unknown, readonly unknown[], unknown[]> {
  return {
    ...collectedRows,
    add: (rows, row, timestampMs) => (isRead() ? collectedRows.add(rows, row, timestampMs) : rows),
  }
}

function firePairs(pairing: Pairing, writer: ResultWriter): Fire {
  return (_key, accumulators, _window, timestampMs) => {
    const [lefts, rights] = accumulators as readonly [readonly unknown[], readonly unknown[]]
    const met = new Set<number>()
    for (const left of lefts) {
      let matches = 0
      for (const [index, right] of rights.entries()) {
        if (!pairing.matches(left, right)) continue
        matches++
        if (pairing.keepsRight) met.add(index)
        writer.write(pairing.select(left, right), timestampMs)
      }
      if (matches === 0 && pairing.keepsLeft) writer.write(pairing.select(left, null), timestampMs)
    }
    if (!pairing.keepsRight) return
    for (const [index, right] of rights.entries()) {
      if (!met.has(index)) writer.write(pairing.select(null, right), timestampMs)
    }
  }
}
