/** How far the windows of a subtask have come, over restores. */
import type { OperatorContext } from '../../topology/contract/operator.ts'
import { restoredTime, restoredTimesByKeyGroup, timeEntries } from '../watermark/subtask-times.ts'

export class WindowProgress {
  /** The greatest real watermark: by it records are judged. */
  watermarkMs: number
  /** The end of the last window that a drain closed: not passed by a watermark, and closed all the same. */
  drainedEndMs: number
  /** By key group: the watermark up to which windows had fired when what was restored was written. */
  private readonly firedMs: Float64Array

  constructor(context: OperatorContext) {
    const times = context.state.split('times')
    this.watermarkMs = restoredTime(context, times.restored, 'watermark', 'greatest')
    this.firedMs = restoredTimesByKeyGroup(context, times.restored, 'watermark')
    this.drainedEndMs = restoredTime(context, times.restored, 'drained', 'greatest')
    times.onSnapshot(() => timeEntries(context, { watermark: this.watermarkMs, drained: this.drainedEndMs }))
  }

  /** Up to where restored windows of a key group have fired: after a rescale no further than those they were with. */
  restoredMs(keyGroup: number): number {
    return this.firedMs[keyGroup]!
  }

  /** Up to where those of all key groups have. */
  get leastRestoredMs(): number {
    return Math.min(...this.firedMs)
  }

  pass(watermarkMs: number): void {
    if (watermarkMs < Number.POSITIVE_INFINITY) this.watermarkMs = Math.max(this.watermarkMs, watermarkMs)
  }

  drained(endMs: number): void {
    this.drainedEndMs = Math.max(this.drainedEndMs, endMs)
  }
}
