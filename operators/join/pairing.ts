/** The functions of a join's author, called on two rows: whether they match, and what goes out for them. */
import { checkBoolean, describeResult, isPromise, userFunctionError } from '../../topology/user-function.ts'
import type { JoinOptions, JoinType } from './join-options.ts'

/** Of one join. Null stands for the side that a row matched nothing on. */
export interface Pairing {
  readonly keepsLeft: boolean
  readonly keepsRight: boolean
  matches(left: any, right: any): boolean
  select(left: any, right: any): unknown
}

export function createPairing(uid: string, options: JoinOptions<any, any, JoinType, any>): Pairing {
  const { type = 'inner', where, select = merge } = options
  const failed = (what: string, left: unknown, right: unknown, error: unknown) =>
    userFunctionError(uid, what, { left, right }, error)
  return {
    keepsLeft: type === 'left' || type === 'full',
    keepsRight: type === 'right' || type === 'full',
    matches(left, right) {
      if (where === undefined) return true
      try {
        return checkBoolean(where(left, right))
      } catch (error) {
        throw failed('where', left, right, error)
      }
    },
    select(left, right) {
      try {
        const row = select(left, right)
        if (row === undefined || isPromise(row)) throw new TypeError(`it must return a row, not ${describeResult(row)}`)
        return row
      } catch (error) {
        throw failed('select', left, right, error)
      }
    },
  }
}

function merge(left: object, right: object): object {
  return { ...left, ...right }
}
