/** How far event time has come at a join, over checkpoints, drains and rescales. */
import type { OperatorContext } from '../../topology/contract/operator.ts'
import { restoredTime, timeEntries } from '../watermark/subtask-times.ts'

export class JoinTimes {
  /** The greatest real watermark. */
  watermarkMs: number
  /** Up to here a drain has settled everything, though no watermark has come so far. */
  drainedMs: number

  constructor(context: OperatorContext) {
    const times = context.state.split('times')
    this.watermarkMs = restoredTime(context, times.restored, 'watermark', 'greatest')
    this.drainedMs = restoredTime(context, times.restored, 'drained', 'greatest')
    times.onSnapshot(() => timeEntries(context, { watermark: this.watermarkMs, drained: this.drainedMs }))
  }

  /** Up to here all is settled. */
  get settledMs(): number {
    return Math.max(this.watermarkMs, this.drainedMs)
  }

  /** Takes a watermark in; +∞, the end of a drain, is none to keep. */
  advance(toMs: number): void {
    if (toMs < Number.POSITIVE_INFINITY) this.watermarkMs = Math.max(this.watermarkMs, toMs)
  }

  drained(toMs: number): void {
    this.drainedMs = Math.max(this.drainedMs, toMs)
  }
}
