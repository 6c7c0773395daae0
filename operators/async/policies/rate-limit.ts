/** Call no more often than another system can take. */
import { pause } from './pause.ts'
import type { Policy } from './policy.ts'
import { isCount, isPositive, requireOption } from './require-option.ts'

export interface RateLimitOptions {
  /** How many calls begin in a second, on the average. In a job, of each subtask. */
  readonly perSecond: number
  /** How many may begin at once after a silence. @default perSecond, rounded up */
  readonly burst?: number
}

/**
 * Lets calls wait for their turn, in the order in which they came: a token bucket which is filled `perSecond` times a
 * second, up to `burst`. A call that is given up while it waits gives its turn to nobody.
 *
 * @throws {TopologyError} `ASYNC_OPTION`
 * @example withPolicies(fetchUser, rateLimit({ perSecond: 50 }))
 */
export function rateLimit({ perSecond, burst = Math.ceil(perSecond) }: RateLimitOptions): Policy {
  const isRate = isPositive(perSecond) && Number.isFinite(perSecond)
  requireOption(isRate, 'rateLimit()', 'perSecond', perSecond, 'a number above 0')
  requireOption(isCount(burst), 'rateLimit()', 'burst', burst, 'a whole number from 1')
  const intervalMs = 1000 / perSecond
  return {
    name: `rateLimit(${perSecond}/s)`,
    apply(fn, context) {
      /** When the bucket is full again, with every call that has been let in: one turn is one interval before it. */
      let fullAtMs = Number.NEGATIVE_INFINITY
      return async (input, call) => {
        const nowMs = context.clock.monotonicMs()
        fullAtMs = Math.max(fullAtMs, nowMs) + intervalMs
        const delayMs = fullAtMs - burst * intervalMs - nowMs
        if (delayMs > 0) await pause(context, delayMs, call.signal)
        return fn(input, call)
      }
    },
  }
}
