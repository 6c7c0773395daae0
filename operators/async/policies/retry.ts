/** Try again what has failed, after longer and longer pauses. */
import type { DurationMs } from '../../../topology/duration.ts'
import { pause } from './pause.ts'
import type { Policy } from './policy.ts'
import { isCount, isPositive, requireOption } from './require-option.ts'

export interface RetryOptions {
  /** How often the function is called at most, the first time included. */
  readonly attempts: number
  /** The pause before the second attempt; each further one doubles it. @default 100 ms */
  readonly backoff?: DurationMs
  /** No pause is longer. @default 30 seconds */
  readonly maxBackoff?: DurationMs
  /** The share of each pause that is left to chance, from 0 to 1, so that many don't come back together. @default 0.5 */
  readonly jitter?: number
  /** Whether it is worth trying again after this error. @default always */
  readonly when?: (error: unknown, attempt: number) => boolean
}

/**
 * Calls the function again when its promise rejects, or when it throws. What the last attempt throws is thrown. An attempt
 * whose signal has aborted is the last one.
 *
 * @throws {TopologyError} `ASYNC_OPTION`
 * @example withPolicies(fetchUser, retry({ attempts: 5, backoff: milliseconds(200), when: isTemporary }))
 */
export function retry(options: RetryOptions): Policy {
  const { attempts, backoff: backoffMs = 100, maxBackoff: maxBackoffMs = 30_000, jitter = 0.5, when } = options
  requireOption(isCount(attempts), 'retry()', 'attempts', attempts, 'a whole number from 1')
  requireOption(isPositive(backoffMs), 'retry()', 'backoff', backoffMs, 'a duration above 0')
  requireOption(isPositive(maxBackoffMs), 'retry()', 'maxBackoff', maxBackoffMs, 'a duration above 0')
  requireOption(jitter >= 0 && jitter <= 1, 'retry()', 'jitter', jitter, 'a share from 0 to 1')
  return {
    name: `retry(${attempts})`,
    apply: (fn, context) => async (input, call) => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await fn(input, call)
        } catch (error) {
          if (attempt >= attempts || call.signal.aborted || when?.(error, attempt) === false) throw error
        }
        const fullMs = Math.min(maxBackoffMs, backoffMs * 2 ** (attempt - 1))
        await pause(context, fullMs * (1 - jitter * context.random()), call.signal)
      }
    },
  }
}
