/**
 * Column types that plain zod cannot say. Each is a codec from the JSON wire form (the schema's input) to the value in a
 * row (its output), and carries its logical type in a registry.
 */
import { z } from 'zod'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { decimalParser, decimalProblem, formatDecimal } from './decimal.ts'
import {
  formatDate,
  formatLocalMicros,
  formatMicros,
  formatTimeMicros,
  parseIsoDate,
  parseIsoLocalTimestampMicros,
  parseIsoTimeMicros,
  parseIsoTimestampMicros,
} from './iso-time.ts'
import { MAX_DECIMAL_PRECISION, NUMBER_DECIMAL_PRECISION, type PrimitiveType } from './types.ts'

/** The logical type of a schema that was made here; `refine`, `describe`, `brand` and the like inherit it. */
export const logicalTypes = z.registry<PrimitiveType>()

type Digit15 = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15

/** What a decimal of precision `P` is in a row: a scaled integer, as a number where 15 digits do. */
export type DecimalValue<P extends number> = number extends P ? number | bigint : P extends Digit15 ? number : bigint

const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const INTEGER = /^-?(?:0|[1-9]\d*)$/
const MIN_LONG = -(2n ** 63n)
const MAX_LONG = 2n ** 63n - 1n

/** A 32-bit integer: number on the wire and in the row. */
export function int() {
  return z.int32()
}

/** A 64-bit integer, a bigint in the row; on the wire a JSON integer, or its text when it is beyond ±(2^53 − 1). */
export function long() {
  const wire = z.union([z.int(), z.string().regex(INTEGER)], { error: 'expected an integer, or its text' })
  const codec = z.codec(wire, z.bigint(), {
    decode: (value, context) => {
      const long = BigInt(value)
      return long >= MIN_LONG && long <= MAX_LONG ? long : refuse(context, 'expected an integer of 64 bits')
    },
    encode: (value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()),
  })
  return declare(codec, { kind: 'long' })
}

/** A 64-bit integer that is declared to stay within ±(2^53 − 1), and so is a number in the row. */
export function int53() {
  return z.int()
}

/** A 32-bit float: a number. */
export function float() {
  return z.float32()
}

/** A 64-bit float: a number. NaN and infinities have no JSON form. */
export function double() {
  return z.number()
}

/**
 * An exact decimal of `precision` digits, `scale` of them after the point. In the row it is the scaled integer (19.90 of
 * scale 2 is 1990), a number up to precision 15 and a bigint beyond; on the wire a JSON number or its text.
 *
 * @throws {RangeError} when precision is not 1 to 38 or scale not 0 to precision.
 * @example z.object({ amount: decimal(18, 2) })
 */
export function decimal<const P extends number>(precision: P, scale: number) {
  if (!(Number.isInteger(precision) && precision >= 1 && precision <= MAX_DECIMAL_PRECISION)) {
    throw new RangeError(
      `decimal(${precision}, ${scale}): precision must be an integer from 1 to ${MAX_DECIMAL_PRECISION}`,
    )
  }
  if (!(Number.isInteger(scale) && scale >= 0 && scale <= precision)) {
    throw new RangeError(`decimal(${precision}, ${scale}): scale must be an integer from 0 to the precision`)
  }
  const parse = decimalParser(precision, scale)
  const wire = z.union([z.number(), z.string().regex(DECIMAL)], { error: 'expected a number, or its text' })
  const row = (precision <= NUMBER_DECIMAL_PRECISION ? z.int() : z.bigint()) as unknown as z.ZodType<
    DecimalValue<P>,
    DecimalValue<P>
  >
  const codec = z.codec(wire, row, {
    decode: (value, context) => {
      const unscaled = parse(value)
      if (unscaled !== undefined) return unscaled as DecimalValue<P>
      const problem = decimalProblem(String(value), precision, scale)
      return refuse(context, `expected decimal(${precision}, ${scale}), got ${problem}`)
    },
    encode: (unscaled) => formatDecimal(unscaled, scale),
  })
  return declare(codec, { kind: 'decimal', precision, scale })
}

/** A calendar date: `2026-11-23` on the wire, days since the epoch in the row. */
export function date() {
  const codec = z.codec(z.string().meta({ format: 'date' }), z.int32(), {
    decode: (text, context) => {
      const days = parseIsoDate(text)
      return Number.isNaN(days) ? refuse(context, 'expected an ISO 8601 date such as 2026-11-23') : days
    },
    encode: formatDate,
  })
  return declare(codec, { kind: 'date' })
}

/** A time of day: `08:30:00.5` on the wire, microseconds since midnight as a bigint in the row. */
export function time() {
  const codec = z.codec(z.string(), z.bigint(), {
    decode: (text, context) =>
      parseIsoTimeMicros(text) ?? refuse(context, 'expected an ISO 8601 time such as 08:30:00'),
    encode: formatTimeMicros,
  })
  return declare(codec, { kind: 'time' })
}

/** A date and time without zone: `2026-11-23T08:30:00` on the wire, microseconds as a bigint in the row. */
export function timestamp() {
  const codec = z.codec(z.string(), z.bigint(), {
    decode: (text, context) =>
      parseIsoLocalTimestampMicros(text) ??
      refuse(context, 'expected an ISO 8601 date-time without zone, such as 2026-11-23T08:30:00'),
    encode: formatLocalMicros,
  })
  return declare(codec, { kind: 'timestamp' })
}

/** An instant: `2026-11-23T08:30:00Z` on the wire, microseconds since the epoch as a bigint in the row. */
export function timestamptz() {
  const codec = z.codec(z.string().meta({ format: 'date-time' }), z.bigint(), {
    decode: (text, context) =>
      parseIsoTimestampMicros(text) ??
      refuse(context, 'expected an ISO 8601 date-time with zone, such as 2026-11-23T08:30:00Z'),
    encode: formatMicros,
  })
  return declare(codec, { kind: 'timestamptz' })
}

/** A UUID of any version: its text on the wire and, in lower case, in the row. */
export function uuid() {
  return z.guid().toLowerCase()
}

/** Exactly `length` bytes: base64 on the wire, Uint8Array in the row. @throws {RangeError} when length is not above 0. */
export function fixed(length: number) {
  if (!(Number.isInteger(length) && length > 0)) throw new RangeError(`fixed(${length}): length must be above 0`)
  return declare(bytes(length), { kind: 'fixed', length })
}

/** Bytes: base64 on the wire, Uint8Array in the row. */
export function binary() {
  return declare(bytes(undefined), { kind: 'binary' })
}

function bytes(length: number | undefined) {
  const row = z.custom<Uint8Array>((value) => value instanceof Uint8Array, { error: 'expected a Uint8Array' })
  return z.codec(z.string().meta({ contentEncoding: 'base64' }), row, {
    decode: (text, context) => {
      const decoded = decodeBase64(text)
      if (decoded === undefined) return refuse(context, 'expected base64')
      if (length !== undefined && decoded.length !== length) {
        return refuse(context, `expected ${length} bytes, got ${decoded.length}`)
      }
      return decoded
    },
    encode: encodeBase64,
  })
}

function declare<S extends z.ZodType>(schema: S, type: PrimitiveType): S {
  logicalTypes.add(schema, type)
  return schema
}

function refuse(context: z.core.ParsePayload, message: string): never {
  context.issues.push({ code: 'custom', message, input: context.value })
  return z.NEVER
}
