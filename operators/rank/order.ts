/** The order of rows by their fields: what `topN` and `latest` rank by. */
import { compareCodePoints } from '../../topology/code-point-order.ts'

/** A value that has its place before or behind others. */
export type Sortable = string | number | bigint | boolean | null | undefined

/** One field, and which of its values come first. */
export interface Order<F extends string> {
  readonly field: F
  readonly descending: boolean
}

/** One field or several, of which the first that differs decides. */
export type OrderBy<F extends string> = Order<F> | readonly [Order<F>, ...Order<F>[]]

/** The least first. @example topN({ by: 'userId', n: 3, orderBy: asc('totalCents') }) */
export function asc<const F extends string>(field: F): Order<F> {
  return Object.freeze({ field, descending: false })
}

/** The greatest first. @example topN({ by: 'userId', n: 3, orderBy: [desc('totalCents'), asc('id')] }) */
export function desc<const F extends string>(field: F): Order<F> {
  return Object.freeze({ field, descending: true })
}

/** Compares two rows: negative when the first has its place before the second. */
export type Comparison = (a: any, b: any) => number

/** Texts are in the order of their code points. Null, undefined and NaN come last, ascending or descending. */
export function comparisonOf(orders: readonly Order<string>[]): Comparison {
  return (a, b) => {
    for (const { field, descending } of orders) {
      const [left, right] = [a[field], b[field]]
      const [isLeftNone, isRightNone] = [isNone(left), isNone(right)]
      const result =
        isLeftNone || isRightNone
          ? Number(isLeftNone) - Number(isRightNone)
          : compare(left, right) * (descending ? -1 : 1)
      if (result !== 0) return result
    }
    return 0
  }
}

export function ordersOf<F extends string>(orderBy: OrderBy<F>): readonly Order<F>[] {
  return Array.isArray(orderBy) ? orderBy : [orderBy as Order<F>]
}

/** `desc(price), asc(id)`: for plans. */
export function describeOrders(orders: readonly Order<string>[]): string {
  return orders.map(({ field, descending }) => `${descending ? 'desc' : 'asc'}(${field})`).join(', ')
}

function isNone(value: unknown): boolean {
  return value === null || value === undefined || Number.isNaN(value)
}

function compare(a: string | number | bigint | boolean, b: string | number | bigint | boolean): number {
  if (typeof a === 'string' && typeof b === 'string') return compareCodePoints(a, b)
  return a < b ? -1 : a > b ? 1 : 0
}
