/** What an aggregate is: one column of a window's result, gathered record by record. */
import type { ValueCodec } from '../../topology/contract/state.ts'
import { describeValue } from '../../topology/describe-value.ts'
import { fieldReader } from '../field-reader.ts'
import type { TimeWindow } from '../window/time-window.ts'

/**
 * Gathers the records of one key and window into one value. `T` is what it reads, `R` the type of its result.
 *
 * The accumulator lives in keyed state: `add` and `merge` return the one to keep, which may be the first that they were
 * given, changed in place. Merging the accumulators of parts gives what one accumulator of all their records would hold:
 * so panes make windows, sessions grow together, and a part can be gathered before an exchange.
 */
export interface Aggregate<in T, out R, A = any> {
  /** As it was written, for plans and errors: `sum(amount)`. */
  readonly description: string
  /** The columns it reads, for lineage; '*' when a function may read any. */
  readonly reads: readonly string[] | '*'
  /** Whether its result is of the window's beginning or end, which not all windows have. */
  readonly needsBounds?: boolean
  readonly codec: ValueCodec<A>
  create(): A
  /** `timestampMs` is the record's event time, NaN when it has none. */
  add(accumulator: A, row: T, timestampMs: number): A
  /** Adds what `from` has gathered. `from` stays as it is, also when the result is changed later. */
  merge(into: A, from: A): A
  result(accumulator: A, window: TimeWindow): R
}

/** An aggregate that has a result for no records at all, as `count` has 0: kept from some of them, it is still no null. */
export interface NeverNullAggregate<in T, out R, A = any> extends Aggregate<T, R, A> {
  readonly neverNull: true
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
    return { description: source, reads: [source], read: fieldReader(source) }
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
