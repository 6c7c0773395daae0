/** What a process function hands over or returns, refused where it can't be right. */
import { describeResult, isPromise } from '../../topology/user-function.ts'

/** A row that is emitted. @throws {TypeError} */
export function checkedRow(row: unknown): unknown {
  if (row === undefined || isPromise(row)) throw new TypeError(`a row is emitted, not ${describeResult(row)}`)
  return row
}

/** What the function returned. @throws {TypeError} when it is a promise: state would be touched out of turn */
export function refusePromise(result: unknown): void {
  if (!isPromise(result)) return
  // The error says it all; what becomes of the promise must not end the process.
  Promise.resolve(result).catch(() => undefined)
  throw new TypeError(`it must return nothing, not ${describeResult(result)}`)
}
