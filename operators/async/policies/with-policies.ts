/** A function with its policies: to be called as it is, or given to an asyncMap. */
import type { AsyncCall } from '../request.ts'
import type { AsyncFunction, Policy, PolicyContext } from './policy.ts'
import { processTime } from './process-time.ts'

/** How a job gives the policies its own time and chance. */
export const openWith: unique symbol = Symbol('openWith')

export interface WithPolicies<I, O> {
  (input: I, call?: AsyncCall): Promise<O>
  /** Anew, for one subtask. */
  readonly [openWith]: (context: PolicyContext) => AsyncFunction<I, O>
}

type InputOf<F> = F extends (input: infer I, ...rest: any[]) => any ? I : never
type OutputOf<F> = F extends (...input: any[]) => PromiseLike<infer O> ? O : never
type AnswerOf<P> = P extends readonly Policy<any, infer A>[] ? A : never

/** A call that nobody gives up. */
const UNTIL_IT_ENDS: AsyncCall = { signal: new AbortController().signal }

/**
 * Puts policies around a function, from the inside out: the first is next to the function, the last is what its caller
 * meets. So `retry` before `cached` remembers what a retry has brought; `timeLimit` before `retry` limits each attempt.
 *
 * The result is a function as well, with one cache and one limit for all its callers, by the time of the process. Given to
 * an `asyncMap` every subtask has its own, by the time of the job: nothing is shared, and virtual time is kept.
 *
 * @example const user = withPolicies(fetchUser, timeLimit(seconds(1)), retry({ attempts: 3 }), cached({ by: (id: string) => id, capacity: 1000 }))
 */
export function withPolicies<
  F extends (input: any, call: AsyncCall) => PromiseLike<any>,
  const P extends readonly Policy<InputOf<F>, any>[],
>(fn: F, ...policies: P): WithPolicies<InputOf<F>, OutputOf<F> | AnswerOf<P>> {
  const open = (context: PolicyContext) =>
    policies.reduce<AsyncFunction<any, any>>((inner, policy) => policy.apply(inner, context), fn)
  let own: AsyncFunction<any, any> | undefined
  const call = async (input: unknown, given = UNTIL_IT_ENDS) => {
    own ??= open(processTime)
    return own(input, given)
  }
  Object.defineProperty(call, 'name', { value: fn.name })
  return Object.assign(call, { [openWith]: open })
}

/** The function as one subtask calls it. */
export function openFunction<I, O>(
  fn: AsyncFunction<I, O> | WithPolicies<I, O>,
  context: PolicyContext,
): AsyncFunction<I, O> {
  return openWith in fn ? fn[openWith](context) : fn
}
