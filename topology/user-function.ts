/** When a function that the job's author wrote fails: an error that says where, and on which record. */
import { describeValue } from './describe-value.ts'
import { isSluiceError, OperatorError } from './errors.ts'

/**
 * The error for a function that threw or returned what it must not: it names the operator, the function and the record.
 * An error of our own passes as it is, for it has said so already.
 */
export function userFunctionError(uid: string, what: string, value: unknown, cause: unknown): Error {
  if (isSluiceError(cause)) return cause
  const text = describeValue(value)
  const message = cause instanceof Error ? cause.message : String(cause)
  return new OperatorError(`${uid}: ${what} failed on ${text}: ${message}`, {
    cause,
    fix: 'Let the function take such a record, or filter or quarantine it before.',
    details: { uid, function: what, value: text },
  })
}

/** What a predicate returned, refused unless it is a boolean: a promise would count as true. */
export function checkBoolean(result: unknown): boolean {
  if (typeof result === 'boolean') return result
  throw new TypeError(`it must return a boolean, not ${describeResult(result)}`)
}

/** What a function returned, for a message that says what it should have. */
export function describeResult(result: unknown): string {
  if (result === null || result === undefined) return String(result)
  if (isPromise(result)) return 'a promise: operators are synchronous'
  return `${typeof result} ${describeValue(result)}`
}

/** Whether a function that should be synchronous was not. */
export function isPromise(result: unknown): boolean {
  return typeof (result as { then?: unknown } | null | undefined)?.then === 'function'
}
