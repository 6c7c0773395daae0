/** Time and chance of the process: for functions with policies that are called outside of a job. */
import type { PolicyContext } from './policy.ts'

export const processTime: PolicyContext = {
  clock: {
    monotonicMs: () => performance.now(),
    schedule(delayMs, callback) {
      const timer = setTimeout(callback, delayMs)
      return { [Symbol.dispose]: () => clearTimeout(timer) }
    },
  },
  random: Math.random,
}
