/** The operator that cuts a stream into windows, whatever windows they are and whatever is made of them. */
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import type { Batch, Watermark } from '../../topology/element.ts'
import { OperatorError } from '../../topology/errors.ts'
import { pickRows } from '../../topology/selection.ts'
import type { Aggregates } from '../aggregate/combine.ts'
import { accumulatorsOf, greatestTime } from './accumulators.ts'
import { createCountWindows } from './count-windows.ts'
import { createEarlyFiring } from './early-firing.ts'
import { paneLayoutOf } from './pane-grid.ts'
import { createPaneWindows } from './pane-windows.ts'
import { ResultWriter } from './result-writer.ts'
import { createSessionWindows } from './session-windows.ts'
import type { Trigger } from './trigger.ts'
import type { Fire, WindowInput, WindowMechanism, WindowTools } from './window-mechanism.ts'
import { WindowProgress } from './window-progress.ts'
import { areTimed, type Windows } from './windows.ts'

export interface WindowPlan {
  readonly windows: Windows
  readonly trigger: Trigger
  readonly allowedLatenessMs: number
  /** Whether each key has windows of its own. */
  readonly isKeyed: boolean
  /** What is gathered of the records of a window. */
  readonly aggregates: Aggregates
  /** What is made of it when the window fires: rows, given to `writer`. */
  readonly createFire: (writer: ResultWriter) => Fire
}

export function createWindowOperator(context: OperatorContext, plan: WindowPlan): Operator {
  const { trigger, allowedLatenessMs, isKeyed } = plan
  const isTimed = areTimed(plan.windows)
  const lateCounter = context.metrics.counter('num_late_records_dropped_total')
  const writer = new ResultWriter(context)
  const progress = new WindowProgress(context)
  const aggregates = isTimed ? plan.aggregates : { ...plan.aggregates, [GREATEST_TIME]: greatestTime }
  const windows = createMechanism(plan.windows, Object.keys(aggregates).length - 1, {
    context,
    accumulators: accumulatorsOf(context.uid, aggregates),
    progress,
    trigger,
    allowedLatenessMs,
    fire: plan.createFire(writer),
  })
  const early = trigger.early && createEarlyFiring(context, trigger.early, windows)
  early?.schedule()
  // After a rescale, windows of another subtask may have stayed behind what this one judges records by.
  if (progress.leastRestoredMs < progress.watermarkMs) context.wake()

  function inputOf(batch: Batch): WindowInput {
    const { values: rows, timestampsMs, keys, keyGroups } = batch
    if ((isTimed && timestampsMs === undefined) || (isKeyed && (keys === undefined || keyGroups === undefined))) {
      throw new OperatorError(`${context.uid} got a batch without event times or keys`, {
        details: { uid: context.uid },
      })
    }
    return isKeyed
      ? { rows, timestampsMs, keys, keyGroups }
      : { rows, timestampsMs, keys: undefined, keyGroups: undefined }
  }

  return {
    onBatch(batch: Batch) {
      const late = windows.gather(inputOf(batch))
      writer.flush()
      early?.schedule()
      if (late.length === 0) return
      lateCounter.add(late.length)
      context.emit('late', pickRows(batch, late))
    },
    onWatermark(watermark: Watermark) {
      windows.advance(watermark.timestampMs)
      early?.advance(progress.watermarkMs, watermark.timestampMs)
      progress.pass(watermark.timestampMs)
      writer.flush()
      return watermark
    },
    onWake(nowMs) {
      windows.advance(progress.watermarkMs)
      early?.wake(nowMs)
      writer.flush()
    },
  }
}

/** No name that an aggregate of a job has, and the last. */
const GREATEST_TIME = 'greatest event time'

function createMechanism(windows: Windows, last: number, tools: WindowTools): WindowMechanism {
  switch (windows.kind) {
    case 'session':
      return createSessionWindows(tools, windows.gapMs)
    case 'count':
      return createCountWindows(tools, { ...windows, timeAt: last })
    default:
      return createPaneWindows(tools, {
        ...paneLayoutOf(windows),
        timeAt: windows.kind === 'global' ? last : undefined,
      })
  }
}
