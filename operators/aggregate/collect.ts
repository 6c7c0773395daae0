/** All values, in a list. */
import { dynamic, list } from '../../topology/codec/index.ts'
import { inputOf, type NeverNullAggregate } from './aggregate.ts'
import { wholeNumber } from './options.ts'

export interface CollectOptions {
  /**
   * How many values there may be.
   *
   * @default 10,000
   */
  readonly atMost?: number
}

/**
 * The values of a field, or of a function, in the order in which they arrived; parts that were gathered apart one behind
 * the other. Null values are skipped; of nothing else it is an empty list.
 *
 * The state holds every value of every open window: more than `atMost` of one key and window fail the job rather than fill
 * its memory.
 *
 * @throws {TopologyError} `AGGREGATE_OPTION` when `atMost` is out of range.
 * @throws {OperatorError} when there are more than `atMost` values.
 * @example aggregate({ products: collect('product_id', { atMost: 500 }) })
 */
export function collect<T, R>(
  fn: (row: T) => R,
  options?: CollectOptions,
): NeverNullAggregate<T, readonly NonNullable<R>[]>
export function collect<T, F extends keyof T & string>(
  field: F,
  options?: CollectOptions,
): NeverNullAggregate<T, readonly NonNullable<T[F]>[]>
export function collect(
  source: string | ((row: any) => unknown),
  { atMost = 10_000 }: CollectOptions = {},
): NeverNullAggregate<any, readonly any[], unknown[]> {
  wholeNumber('collect', 'atMost', atMost, 1, 1_000_000)
  const { description, reads, read } = inputOf(source, undefined)

  function append(values: unknown[], value: unknown): void {
    if (values.length === atMost) {
      throw new RangeError(`there are more than ${atMost} values; raise { atMost }, or keep fewer, as topK does`)
    }
    values.push(value)
  }

  return {
    description: `collect(${description})`,
    reads,
    neverNull: true,
    codec: list(dynamic),
    create: () => [],
    add(values, row) {
      const value = read(row)
      if (value !== null && value !== undefined) append(values, value)
      return values
    },
    merge(into, from) {
      for (const value of from) append(into, value)
      return into
    },
    result: (values) => values.slice(),
  }
}
