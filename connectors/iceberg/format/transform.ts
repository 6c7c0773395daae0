/** Partition transforms (spec, "Partition Transforms"; hashes as in Appendix B). */
import { Buffer } from 'node:buffer'
import { finish, mixBlock, murmur3 } from '../../../topology/codec/murmur3.ts'
import { SluiceError } from '../../../topology/errors.ts'
import type { PrimitiveType } from '../../../topology/schema/types.ts'
import type { PartitionTerm } from '../../../topology/table.ts'
import { truncateBytes, truncateString } from './bounds.ts'
import { printType } from './schema.ts'
import { unscaledBytes, uuidBytes } from './single-value.ts'
import { canonicalValue, type Value } from './value.ts'

export type Transform =
  | { readonly kind: 'identity' | 'year' | 'month' | 'day' | 'hour' | 'void' }
  | { readonly kind: 'bucket'; readonly buckets: number }
  | { readonly kind: 'truncate'; readonly width: number }

/** Takes a value as rows carry it (bigint, or number where the field is declared so), gives a canonical one. */
export type TransformFunction = (value: unknown) => Value | null

const MICROS_PER_HOUR = 3_600_000_000
const MICROS_PER_DAY = 86_400_000_000
const MS_PER_DAY = 86_400_000

export function transformOf(term: PartitionTerm): Transform {
  switch (term.transform) {
    case 'bucket':
      return { kind: 'bucket', buckets: term.buckets }
    case 'truncate':
      return { kind: 'truncate', width: term.width }
    default:
      return { kind: term.transform }
  }
}

/** @throws {SluiceError} `TRANSFORM_UNSUPPORTED` for one that the specification does not name. */
export function parseTransform(text: string): Transform {
  const parameterised = /^(bucket|truncate)\[(\d+)\]$/.exec(text)
  if (parameterised !== null) {
    const parameter = Number(parameterised[2])
    return parameterised[1] === 'bucket'
      ? { kind: 'bucket', buckets: parameter }
      : { kind: 'truncate', width: parameter }
  }
  if (/^(identity|year|month|day|hour|void)$/.test(text)) return { kind: text } as Transform
  throw new SluiceError('TRANSFORM_UNSUPPORTED', `partition transform '${text}' is unknown`, {
    fix: 'Use identity, bucket[N], truncate[W], year, month, day, hour or void.',
    details: { transform: text },
  })
}

export function printTransform(transform: Transform): string {
  switch (transform.kind) {
    case 'bucket':
      return `bucket[${transform.buckets}]`
    case 'truncate':
      return `truncate[${transform.width}]`
    default:
      return transform.kind
  }
}

/** The type of the partition values. */
export function transformResultType(transform: Transform, source: PrimitiveType): PrimitiveType {
  switch (transform.kind) {
    case 'identity':
    case 'truncate':
    case 'void':
      return source
    case 'day':
      return { kind: 'date' }
    default:
      return { kind: 'int' }
  }
}

/** Whether a larger source value never has a smaller partition value: what ranges can be projected through. */
export function preservesOrder(transform: Transform): boolean {
  return transform.kind !== 'bucket' && transform.kind !== 'void'
}

/**
 * The transform for values of `source`. Null stays null.
 *
 * @throws {SluiceError} `TRANSFORM_UNSUPPORTED` when the specification does not allow it for this type.
 */
export function bindTransform(transform: Transform, source: PrimitiveType): TransformFunction {
  const transformValue = bindToType(transform, source)
  if (transformValue === undefined) {
    throw new SluiceError(
      'TRANSFORM_UNSUPPORTED',
      `partition transform ${printTransform(transform)} does not apply to ${printType(source)}`,
      { fix: 'Choose another transform or another column.', details: { transform, type: source } },
    )
  }
  return (value) => (value === null || value === undefined ? null : transformValue(value))
}

/** Days since the epoch of a timestamp in microseconds, rounded down. Called per row: no bigint arithmetic below 2^53. */
export function dayOfMicros(micros: bigint | number): number {
  return floorDivide(micros, MICROS_PER_DAY)
}

function bindToType(transform: Transform, source: PrimitiveType): TransformFunction | undefined {
  const isTimestamp = source.kind === 'timestamp' || source.kind === 'timestamptz'
  const isTemporal = isTimestamp || source.kind === 'date'
  switch (transform.kind) {
    case 'identity':
      return (value) => canonicalValue(source, value)
    case 'void':
      return () => null
    case 'bucket':
      return bindBucket(transform.buckets, source)
    case 'truncate':
      return bindTruncate(transform.width, source)
    case 'hour':
      return isTimestamp ? (value) => floorDivide(value as bigint, MICROS_PER_HOUR) : undefined
    case 'day':
      return isTimestamp ? (value) => dayOfMicros(value as bigint) : isTemporal ? (value) => value as number : undefined
    case 'month':
    case 'year': {
      if (!isTemporal) return undefined
      const dayOf = isTimestamp ? dayOfMicros : Number
      return transform.kind === 'year'
        ? (value) => yearsSinceEpoch(dayOf(value as number))
        : (value) => monthsSinceEpoch(dayOf(value as number))
    }
  }
}

function bindBucket(buckets: number, source: PrimitiveType): TransformFunction | undefined {
  const hash = bindHash(source)
  return hash === undefined ? undefined : (value) => (hash(value) & 0x7fffffff) % buckets
}

/** The 32-bit hash of Appendix B for values of this type; undefined where the type has none. */
export function bindHash(source: PrimitiveType): ((value: unknown) => number) | undefined {
  switch (source.kind) {
    case 'int':
    case 'date':
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return (value) => hashLong(value as bigint | number)
    case 'decimal':
      return (value) => hashBytes(unscaledBytes(BigInt(value as bigint | number)))
    case 'string':
      return (value) => hashBytes(Buffer.from(value as string, 'utf8'))
    case 'uuid':
      return (value) => hashBytes(uuidBytes(value as string))
    case 'fixed':
    case 'binary':
      return (value) => hashBytes(value as Uint8Array)
    default:
      return undefined
  }
}

/** Signed, as the specification prints its test values. */
function hashBytes(bytes: Uint8Array): number {
  return murmur3(bytes) | 0
}

/** As `hashBytes` of the eight bytes of a 64-bit integer, little-endian. */
function hashLong(value: bigint | number): number {
  if (typeof value === 'number') return hashHalves(value | 0, Math.floor(value / 0x1_0000_0000) | 0)
  return hashHalves(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)))
}

function hashHalves(low: number, high: number): number {
  return finish(mixBlock(mixBlock(0, low), high), 8) | 0
}

function bindTruncate(width: number, source: PrimitiveType): TransformFunction | undefined {
  switch (source.kind) {
    case 'int':
      return (value) => (value as number) - positiveRemainder(value as number, width)
    case 'long':
    case 'decimal': {
      const wide = BigInt(width)
      return (value) => {
        const whole = BigInt(value as bigint | number)
        return whole - (((whole % wide) + wide) % wide)
      }
    }
    case 'string':
      return (value) => truncateString(value as string, width)
    case 'binary':
      return (value) => truncateBytes(value as Uint8Array, width)
    default:
      return undefined
  }
}

function positiveRemainder(value: number, width: number): number {
  return ((value % width) + width) % width
}

/**
 * Rounds towards −∞. Doubles are exact enough up to ±2^52: near such quotients they lie closer together than twice
 * 1/divisor, so that none just below an integer rounds up to it. Beyond, bigints.
 */
function floorDivide(value: bigint | number, divisor: number): number {
  const approximate = Number(value)
  if (approximate > -0x10_0000_0000_0000 && approximate < 0x10_0000_0000_0000) {
    return Math.floor(approximate / divisor)
  }
  const exact = BigInt(value)
  const wide = BigInt(divisor)
  const quotient = exact / wide
  return Number(exact % wide < 0n ? quotient - 1n : quotient)
}

function yearsSinceEpoch(day: number): number {
  return new Date(day * MS_PER_DAY).getUTCFullYear() - 1970
}

function monthsSinceEpoch(day: number): number {
  const date = new Date(day * MS_PER_DAY)
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth()
}
