/** What is known of a column's values in a file or a manifest without reading it, and what a predicate makes of that. */
import type { ScanPredicate } from '../../../topology/contract/catalog.ts'
import type { PrimitiveType } from '../../../topology/schema/types.ts'
import { canonicalValue, compareValues, type Value } from '../format/value.ts'

export interface ValueRange {
  /** Undefined: unknown. */
  readonly lower: Value | undefined
  readonly upper: Value | undefined
  readonly mayContainNull: boolean
  /** False: all are null, or there are none. */
  readonly mayContainValues: boolean
  /** NaN is in no bounds, yet engines that sort it last count it as greater than any number. */
  readonly mayContainNan: boolean
}

/** A predicate on one column, its literals canonical. */
export interface BoundPredicate {
  readonly op: ScanPredicate['op']
  readonly values: readonly Value[]
}

export function bindPredicate(predicate: ScanPredicate, type: PrimitiveType): BoundPredicate {
  return { op: predicate.op, values: predicate.values.map((value) => canonicalValue(type, value)) }
}

/** False only when no value in the range can satisfy the predicate. */
export function mayMatch(range: ValueRange, predicate: BoundPredicate): boolean {
  const { op, values } = predicate
  if (op === 'is-null') return range.mayContainNull
  if (!range.mayContainValues) return false
  if (op === 'not-null' || op === '!=') return true
  if (values.some((value) => Number.isNaN(value))) return true
  if (op === 'in' || op === '=') return values.some((value) => mayContain(range, value))
  const literal = values[0]!
  if (op === '<' || op === '<=') {
    const order = range.lower === undefined ? undefined : compareOrdinary(range.lower, literal)
    return order === undefined || order < 0 || (op === '<=' && order === 0)
  }
  if (range.mayContainNan) return true
  const order = range.upper === undefined ? undefined : compareOrdinary(range.upper, literal)
  return order === undefined || order > 0 || (op === '>=' && order === 0)
}

function mayContain(range: ValueRange, value: Value): boolean {
  if (range.lower !== undefined && compareOrdinary(value, range.lower) < 0) return false
  return range.upper === undefined || compareOrdinary(value, range.upper) <= 0
}

/** As SQL compares: −0 = +0. */
function compareOrdinary(a: Value, b: Value): number {
  return a === b ? 0 : compareValues(a, b)
}
