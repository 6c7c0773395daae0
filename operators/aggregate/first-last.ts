/** The earliest and the latest value. */
import { dynamic, float64, nullable, tuple } from '../../topology/codec/index.ts'
import { type Aggregate, type Input, inputOf } from './aggregate.ts'

/**
 * The value that a field, or a function, has in the earliest record by event time; of records of one event time, or
 * without event times, in the one that arrived first. Null values are skipped; of nothing else it is null.
 *
 * When parts are gathered apart, what arrived first among equals is decided in each part.
 *
 * @example aggregate({ firstProduct: first('product_id') })
 */
export function first<T, R>(fn: (row: T) => R): Aggregate<T, R>
export function first<T, F extends keyof T & string>(field: F): Aggregate<T, T[F]>
export function first(source: string | ((row: any) => unknown)): Aggregate<any, any> {
  return chosen('first', inputOf(source, undefined), (candidateMs, currentMs) => candidateMs < currentMs)
}

/**
 * The value that a field, or a function, has in the latest record by event time; of records of one event time, or without
 * event times, in the one that arrived last. Null values are skipped; of nothing else it is null.
 *
 * @example aggregate({ lastAction: last('action'), lastPurchase: last((purchase) => purchase) })
 */
export function last<T, R>(fn: (row: T) => R): Aggregate<T, R>
export function last<T, F extends keyof T & string>(field: F): Aggregate<T, T[F]>
export function last(source: string | ((row: any) => unknown)): Aggregate<any, any> {
  // Not >=: without event times both are NaN, and who arrives last is taken.
  return chosen('last', inputOf(source, undefined), (candidateMs, currentMs) => !(candidateMs < currentMs))
}

type Timed = [timestampMs: number, value: unknown]

function chosen(
  name: string,
  { description, reads, read }: Input,
  replaces: (candidateMs: number, currentMs: number) => boolean,
): Aggregate<any, any, Timed | null> {
  return {
    description: `${name}(${description})`,
    reads,
    codec: nullable(tuple(float64, dynamic)),
    create: () => null,
    add(current, row, timestampMs) {
      const value = read(row)
      if (value === null || value === undefined) return current
      if (current === null) return [timestampMs, value]
      if (replaces(timestampMs, current[0])) {
        current[0] = timestampMs
        current[1] = value
      }
      return current
    },
    merge(into, from) {
      if (from === null) return into
      return into === null || replaces(from[0], into[0]) ? [...from] : into
    },
    result: (current) => (current === null ? null : current[1]),
  }
}
