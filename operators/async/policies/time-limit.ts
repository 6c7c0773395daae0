/** Give up a call that takes too long. */
import type { DurationMs } from '../../../topology/duration.ts'
import type { Policy } from './policy.ts'
import { isPositive, requireOption } from './require-option.ts'

/**
 * Rejects a call that has not answered within `limit`, with a DOMException `TimeoutError`, and aborts its signal. Inside of
 * `retry` it limits each attempt; the timeout of an `asyncMap` is for all of them together.
 *
 * @throws {TopologyError} `ASYNC_OPTION`
 * @example withPolicies(fetchUser, timeLimit(seconds(2)), retry({ attempts: 3 }))
 */
export function timeLimit(limit: DurationMs): Policy {
  requireOption(isPositive(limit), 'timeLimit()', 'limit', limit, 'a duration above 0')
  return {
    name: `timeLimit(${limit} ms)`,
    apply:
      (fn, { clock }) =>
      (input, call) =>
        new Promise((resolve, reject) => {
          const controller = new AbortController()
          const giveUp = (reason: unknown) => {
            controller.abort(reason)
            reject(reason)
          }
          const abort = () => giveUp(call.signal.reason)
          const timer = clock.schedule(limit, () =>
            giveUp(new DOMException(`there was no answer within ${limit} ms`, 'TimeoutError')),
          )
          if (call.signal.aborted) abort()
          else call.signal.addEventListener('abort', abort, { once: true })
          const answer = (async () => fn(input, { signal: controller.signal }))()
          answer.then(resolve, reject).finally(() => {
            timer[Symbol.dispose]()
            call.signal.removeEventListener('abort', abort)
          })
        }),
  }
}
