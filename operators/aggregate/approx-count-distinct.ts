/** Counting what differs, about. */
import type { Key } from '../../topology/element.ts'
import { toKey } from '../../topology/key.ts'
import type { OpenFieldOf } from '../field-of.ts'
import { inputOf, type NeverNullAggregate } from './aggregate.ts'
import { addKey, estimate, type HyperLogLog, hyperLogLogCodec, mergeSketches } from './hyper-log-log.ts'
import { wholeNumber } from './options.ts'

export interface ApproxCountDistinctOptions {
  /**
   * 2^precision registers of a byte each, from 4 to 18. The standard error is 1.04 / √(2^precision): 0.8 % at 14.
   *
   * @default 14
   */
  readonly precision?: number
}

/**
 * About how many different values a field, or a function, has over the records of a window, null not counted. A long.
 *
 * The state is bounded, by 16 KB at the default precision, whatever comes: a HyperLogLog sketch. Exact as long as
 * there are 32 registers to a value (up to 512 values at the default); above that two results in three are off by less than the
 * standard error (0.8 %), all but one in 370 by less than three times that. Parts gathered apart give the same result as
 * the whole.
 *
 * @throws {TopologyError} `AGGREGATE_OPTION` when the precision is out of range.
 * @throws {OperatorError} when a value is NaN or no primitive.
 * @example aggregate({ visitors: approxCountDistinct('user_id') })
 */
export function approxCountDistinct<T>(
  fn: (row: T) => Key | null,
  options?: ApproxCountDistinctOptions,
): NeverNullAggregate<T, bigint>
export function approxCountDistinct<T, F extends OpenFieldOf<T, Key | null>>(
  field: F,
  options?: ApproxCountDistinctOptions,
): NeverNullAggregate<T, bigint>
export function approxCountDistinct(
  source: string | ((row: any) => unknown),
  { precision = 14 }: ApproxCountDistinctOptions = {},
): NeverNullAggregate<any, bigint, HyperLogLog> {
  wholeNumber('approxCountDistinct', 'precision', precision, 4, 18)
  const { description, reads, read } = inputOf(source, undefined)
  return {
    description: `approxCountDistinct(${description}, ${precision})`,
    reads,
    neverNull: true,
    codec: hyperLogLogCodec(precision),
    create: () => new Set(),
    add(sketch, row) {
      const value = read(row)
      return value === null || value === undefined ? sketch : addKey(sketch, toKey(value), precision)
    },
    merge: (into, from) => mergeSketches(into, from, precision),
    result: (sketch) => BigInt(estimate(sketch, precision)),
  }
}
