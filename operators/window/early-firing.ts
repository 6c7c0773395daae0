/** Fires windows before their end, at a period of processing time or of event time. */
import type { OperatorContext } from '../../topology/contract/operator.ts'
import type { Period } from './trigger.ts'
import type { WindowMechanism } from './window-mechanism.ts'

export interface EarlyFiring {
  /** To be called once records have been gathered, and at the beginning. */
  schedule(): void
  /** To be called once windows have been fired that a watermark passes: from where it came, and to where. */
  advance(fromMs: number, toMs: number): void
  wake(nowMs: number): void
}

/** Periods begin at multiples of their length, so that windows of all keys and subtasks fire at the same moments. */
export function createEarlyFiring(context: OperatorContext, period: Period, windows: WindowMechanism): EarlyFiring {
  const { everyMs, time } = period
  const periodOf = (timeMs: number) => Math.floor(timeMs / everyMs)
  if (time === 'event') {
    return {
      schedule() {},
      // A watermark has passed all times up to and including its own.
      advance(fromMs, toMs) {
        if (periodOf(toMs + 1) > periodOf(fromMs + 1)) windows.fireChanged()
      },
      wake() {},
    }
  }
  let dueMs = Number.POSITIVE_INFINITY
  return {
    schedule() {
      if (dueMs < Number.POSITIVE_INFINITY || !windows.hasChanged) return
      dueMs = (periodOf(context.clock.nowMs()) + 1) * everyMs
      context.wake(dueMs)
    },
    advance() {},
    wake(nowMs) {
      if (nowMs < dueMs) return
      dueMs = Number.POSITIVE_INFINITY
      windows.fireChanged()
    },
  }
}
