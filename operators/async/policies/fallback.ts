/** Answer something else when a function fails. */
import type { Policy } from './policy.ts'

/**
 * Gives a value, or what a function makes of input and error, when a call has failed; the function may throw, or return a
 * promise. A call that nobody waits for any more fails as it does.
 *
 * @example withPolicies(fetchUser, retry({ attempts: 3 }), fallback({ name: 'unknown' }))
 * @example withPolicies(fetchUser, fallback((id: string, error) => ({ name: `${id}: ${String(error)}` })))
 */
export function fallback<I, A>(answer: (input: I, error: unknown) => A | PromiseLike<A>): Policy<I, A>
export function fallback<A>(answer: A): Policy<any, A>
export function fallback<A>(answer: A | ((input: unknown, error: unknown) => A | PromiseLike<A>)): Policy<any, A> {
  return {
    name: 'fallback',
    apply: (fn) => async (input, call) => {
      try {
        return await fn(input, call)
      } catch (error) {
        if (call.signal.aborted) throw error
        return typeof answer === 'function' ? (answer as (input: unknown, error: unknown) => A)(input, error) : answer
      }
    },
  }
}
