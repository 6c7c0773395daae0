/** How far the windows of a subtask have come, over restores. */
import type { OperatorContext } from '../../topology/contract/operator.ts'
import { restoredTime, timeEntries } from '../watermark/subtask-times.ts'

export class WindowProgress {
  /** The greatest real watermark: by it records are judged. */
  watermarkMs: number
  /** The end of the last window that a drain closed: not passed by a watermark, and closed all the same. */
  drainedEndMs: number
  /**
   * Of what was restored, windows up to here have fired. After a rescale it is the least of the subtasks' watermarks, where
   * records are judged by the greatest: none of their windows is forgotten.
   */
  readonly firedMs: number

  constructor(context: OperatorContext) {
    const times = context.state.split('times')
    this.watermarkMs = restoredTime(context, times.restored, 'watermark', 'greatest')
    this.firedMs = restoredTime(context, times.restored, 'watermark', 'least')
    this.drainedEndMs = restoredTime(context, times.restored, 'drained', 'greatest')
    times.onSnapshot(() => timeEntries(context, { watermark: this.watermarkMs, drained: this.drainedEndMs }))
  }

  pass(watermarkMs: number): void {
    if (watermarkMs < Number.POSITIVE_INFINITY) this.watermarkMs = Math.max(this.watermarkMs, watermarkMs)
  }

  drained(endMs: number): void {
    this.drainedEndMs = Math.max(this.drainedEndMs, endMs)
  }
}
