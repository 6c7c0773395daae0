/** The behaviour of `processWithBroadcast`: that of `process` for keys, and a function that every subtask calls. */
import type { Operator, OperatorContext } from '../../../topology/contract/operator.ts'
import type { Batch } from '../../../topology/element.ts'
import { SluiceError } from '../../../topology/errors.ts'
import { userFunctionError } from '../../../topology/user-function.ts'
import { RowOutput } from '../../row-output.ts'
import { checkedRow, refusePromise } from '../checked-results.ts'
import { createProcess, type ProcessPlan } from '../create-process.ts'
import type { BroadcastContext, BroadcastDeclarations } from './broadcast-context.ts'
import { BroadcastMap } from './broadcast-map.ts'

export interface BroadcastPlan {
  readonly declarations: BroadcastDeclarations
  readonly onBroadcast: (record: any, context: BroadcastContext<any, any, any>) => unknown
}

/** The broadcast stream is the last input. */
export function createBroadcastProcess(
  context: OperatorContext,
  plan: ProcessPlan,
  broadcast: BroadcastPlan,
): Operator {
  const { declarations, onBroadcast } = broadcast
  const maps = Object.entries(declarations).map(
    ([name, declared]) => [name, new BroadcastMap(context, declared)] as const,
  )
  const states = Object.fromEntries(maps)
  const operator = createProcess(context, plan, states)
  const broadcastInput = plan.onRecord.length
  const outputs = new Map(['out', ...plan.sides].map((port) => [port, new RowOutput(context, port)]))

  let timestampMs: number | undefined
  let isOpen = false

  function setOpen(open: boolean): void {
    isOpen = open
    for (const [, map] of maps) map.isWritable = open
  }

  function emitTo(port: string, row: unknown): void {
    if (!isOpen) {
      throw new SluiceError('STATE_OUTSIDE_CALL', `${context.uid}: a row is emitted outside of onBroadcast`, {
        fix: 'Emit before onBroadcast returns; keep nothing of its context for a callback or a promise.',
        details: { uid: context.uid },
      })
    }
    const output = outputs.get(port)
    if (output === undefined) throw new TypeError(`there is no side output "${port}": name it in \`sides\``)
    output.push(checkedRow(row), timestampMs)
  }

  const broadcastContext: BroadcastContext<any, any, any> = {
    broadcast: states as never,
    get timestampMs() {
      return timestampMs
    },
    get processingTimeMs() {
      return context.clock.nowMs()
    },
    emit: (row: unknown) => emitTo('out', row),
    emitTo,
  }

  function onBroadcastBatch(batch: Batch): void {
    const { values: records, timestampsMs } = batch
    for (let i = 0; i < records.length; i++) {
      timestampMs = timestampsMs?.[i]
      setOpen(true)
      try {
        refusePromise(onBroadcast(records[i], broadcastContext))
      } catch (error) {
        throw userFunctionError(context.uid, 'onBroadcast', records[i], error)
      } finally {
        setOpen(false)
      }
    }
    for (const output of outputs.values()) output.flush()
  }

  return {
    ...operator,
    onBatch: (batch, input) => (input === broadcastInput ? onBroadcastBatch(batch) : operator.onBatch(batch, input)),
  }
}
