/** When a function that the job's author wrote fails: an error that says where, and on which record. */
import { isSluiceError, OperatorError } from '../topology/errors.ts'

const MAX_TEXT_LENGTH = 300

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
    fix: 'Handle such a record in the function, or let expect() quarantine it before.',
    details: { uid, function: what, value: text },
  })
}

/** A value as short JSON text, whatever it is: bigints, bytes, maps and cycles included. */
export function describeValue(value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value, jsonSafe)
  } catch {
    // A cycle, or a getter that throws.
  }
  text ??= String(value)
  return text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}… (${text.length} characters)` : text
}

/** What a predicate returned, refused unless it is a boolean: a promise would count as true. */
export function checkBoolean(result: unknown): boolean {
  if (typeof result === 'boolean') return result
  throw new TypeError(`it must return a boolean, not ${nameOf(result)}`)
}

/** What kind of thing a function returned, for a message. */
export function nameOf(result: unknown): string {
  if (result === null || result === undefined) return String(result)
  if (typeof (result as { then?: unknown }).then === 'function') return 'a promise: operators are synchronous'
  return `${typeof result} ${describeValue(result)}`
}

function jsonSafe(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return `<${value.length} bytes>`
  if (value instanceof Map) return Object.fromEntries(value)
  return value
}
