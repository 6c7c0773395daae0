/** The least and the greatest value. */

import { compareCodePoints } from '../../topology/code-point-order.ts'
import { key, nullable } from '../../topology/codec/index.ts'
import type { ValueCodec } from '../../topology/contract/state.ts'
import type { OpenFieldOf } from '../field-of.ts'
import { type Aggregate, type Input, inputOf, unfit } from './aggregate.ts'

/** What has an order; null is skipped. */
export type Comparable = number | bigint | string | boolean | null

/**
 * The least value of a field, or of a function's values, over the records of a window. Null values are skipped; of
 * nothing else the result is null, as in SQL.
 *
 * Strings are ordered by their code points, false is before true, and NaN is greater than every other number, as
 * PostgreSQL and DuckDB have it.
 *
 * @example aggregate({ first: min('event_timestamp') })
 */
export function min<T, R extends Comparable>(fn: (row: T) => R): Aggregate<T, R>
export function min<T, F extends OpenFieldOf<T, Comparable>>(field: F): Aggregate<T, T[F]>
export function min(source: string | ((row: any) => unknown)): Aggregate<any, any> {
  return extreme('min', inputOf(source, undefined), (candidate, current) => compare(candidate, current) < 0)
}

/**
 * The greatest value of a field, or of a function's values: see {@link min}.
 *
 * @example aggregate({ last: max('event_timestamp') })
 */
export function max<T, R extends Comparable>(fn: (row: T) => R): Aggregate<T, R>
export function max<T, F extends OpenFieldOf<T, Comparable>>(field: F): Aggregate<T, T[F]>
export function max(source: string | ((row: any) => unknown)): Aggregate<any, any> {
  return extreme('max', inputOf(source, undefined), (candidate, current) => compare(candidate, current) > 0)
}

/** NaN is a value here but no key, so it travels as a flag before the key. */
export const comparableCodec: ValueCodec<Comparable> = {
  name: 'extreme',
  version: 1,
  write(writer, value) {
    const notANumber = Number.isNaN(value)
    writer.uint8(notANumber ? 1 : 0)
    if (!notANumber) present.write(writer, value)
  },
  read: (reader) => (reader.uint8() === 1 ? Number.NaN : present.read(reader)),
  copy: (value) => value,
}
const present: ValueCodec<Comparable> = nullable(key)

/** What is compared: null is not. */
export type Known = NonNullable<Comparable>

function extreme(
  name: string,
  { description, reads, read }: Input,
  replaces: (candidate: Known, current: Known) => boolean,
): Aggregate<any, any, Comparable> {
  return {
    description: `${name}(${description})`,
    reads,
    codec: comparableCodec,
    create: () => null,
    add(current, row) {
      const value = ranked(read(row))
      if (value === null) return current
      return current === null || replaces(value, current) ? value : current
    },
    merge: (into, from) => (from !== null && (into === null || replaces(from, into)) ? from : into),
    result: (current) => current,
  }
}

/** A value that has an order, or null. @throws {TypeError} for anything else */
export function ranked(value: unknown): Comparable {
  if (value === null || value === undefined) return null
  if (typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol') {
    throw unfit('a number, a bigint, a string, a boolean or null', value)
  }
  return value as Known
}

/** Below 0 when `a` comes before `b`. @throws {TypeError} when they are of two types */
export function compare(a: Known, b: Known): number {
  if (typeof a !== typeof b) throw unfit(`a ${typeof b}, as before`, a)
  if (typeof a === 'string') return compareCodePoints(a, b as string)
  if (a < b) return -1
  if (a > b) return 1
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
}
