/** The clock of the machine. */
import type { Clock } from '../../topology/contract/clock.ts'

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return { [Symbol.dispose]: () => clearTimeout(timer) }
  },
  turn: () =>
    new Promise((resolve) => {
      setImmediate(resolve)
    }),
}
