/** What an aggregate is: one column of a window's result, gathered record by record. */
import type { ValueCodec } from '../../topology/contract/state.ts'
import { describeValue } from '../../topology/describe-value.ts'
import type { TimeWindow } from '../window/tumbling.ts'

/**
 * Gathers the records of one key and window into one value. `T` is what it reads, `R` the type of its result.
 *
 * The accumulator lives in keyed state: `add` returns the one to keep, which may be the given one, changed in place.
 */
export interface Aggregate<in T, out R, A = any> {
  /** As it was written, for plans and errors: `sum(amount)`. */
  readonly description: string
  /** The columns it reads, for lineage; '*' when a function may read any. */
  readonly reads: readonly string[] | '*'
  readonly codec: ValueCodec<A>
  create(): A
  add(accumulator: A, row: T): A
  result(accumulator: A, window: TimeWindow): R
}

/** The result type of an aggregate. */
export type ResultOf<G> = G extends Aggregate<any, infer R> ? R : never

/** How an aggregate gets the value that it gathers: a field by name, or a function, of named fields or of any. */
export interface Input {
  readonly description: string
  readonly reads: readonly string[] | '*'
  read(row: any): unknown
}

/** The value of one field, of a function of named fields, or of a function of the row. */
export function inputOf(
  source: string | readonly string[] | ((row: any) => unknown),
  fn: ((row: any) => unknown) | undefined,
): Input {
  if (typeof source === 'string') {
    return { description: source, reads: [source], read: (row) => row[source] }
  }
  if (typeof source === 'function') return { description: 'function', reads: '*', read: source }
  return { description: `function of ${source.join(', ')}`, reads: source, read: fn! }
}

/** What to throw when a value is of no type the aggregate can gather. */
export function unfit(expected: string, value: unknown): TypeError {
  return new TypeError(
    `expected ${expected}, got ${typeof value === 'object' ? 'an object' : typeof value} ${describeValue(value)}`,
  )
}
