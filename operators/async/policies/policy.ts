/** What a policy is: a value that turns an asynchronous function into one which is tried, timed, limited or remembered. */
import type { Clock, Random } from '../../../topology/contract/clock.ts'
import type { AsyncCall } from '../request.ts'

/** `call.signal` aborts when nobody waits for the result any more. */
export type AsyncFunction<I, O> = (input: I, call: AsyncCall) => PromiseLike<O>

/** Time and chance, as a policy sees them: in a job those of the job. */
export interface PolicyContext {
  readonly clock: Pick<Clock, 'monotonicMs' | 'schedule'>
  readonly random: Random
}

/** Takes inputs of type `I`, and gives `A` beside what the function gives. */
export interface Policy<in I = any, out A = never> {
  /** As it is shown in plans. */
  readonly name: string
  /** A function with a state of its own: what it remembers and counts is of this one alone. */
  apply<J extends I, O>(fn: AsyncFunction<J, O>, context: PolicyContext): AsyncFunction<J, O | A>
}
