/**
 * Values as the format compares and serialises them: like those in memory, but with one form per type.
 *
 * boolean; int, date, float, double → number; long, time, timestamp(tz) → bigint; decimal → unscaled bigint; string;
 * uuid → lower-case string; fixed, binary → Uint8Array.
 */
import { Buffer } from 'node:buffer'
import { compareCodePoints } from '../../../topology/code-point-order.ts'
import type { PrimitiveType } from '../../../topology/schema/types.ts'

export type Value = boolean | number | bigint | string | Uint8Array

/** A value from memory (numbers for int53 longs and narrow decimals, say) in its canonical form. */
export function canonicalValue(type: PrimitiveType, value: unknown): Value {
  switch (type.kind) {
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
    case 'decimal':
      return BigInt(value as bigint | number)
    case 'int':
    case 'date':
    case 'float':
    case 'double':
      return Number(value)
    case 'uuid':
      return (value as string).toLowerCase()
    default:
      return value as Value
  }
}

/** Orders two canonical values of one type: strings by their UTF-8 bytes, bytes unsigned, −0.0 before +0.0; never NaN. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === 'string') return compareCodePoints(a, b as string)
  if (a instanceof Uint8Array) return Buffer.compare(a, b as Uint8Array)
  if (a === 0 && b === 0) return Number(Object.is(b, -0)) - Number(Object.is(a, -0))
  return a < b ? -1 : a > b ? 1 : 0
}
