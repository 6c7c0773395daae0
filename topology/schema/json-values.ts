/** From values as JSON.parse makes them to values as rows hold them, one function per logical type. */
import { decodeBase64 } from './base64.ts'
import { decimalParser, decimalProblem, parseDecimal } from './decimal.ts'
import { parseIsoDate, parseIsoLocalTimestampMicros, parseIsoTimeMicros, parseIsoTimestampMicros } from './iso-time.ts'
import type { PrimitiveType } from './types.ts'

/** Why a value is refused. It is returned, not thrown: bad records are part of the stream, and stack traces are dear. */
export class Refusal {
  readonly message: string
  /** From the record's root, `payload.items[2]`; built as the refusal is handed up. */
  path: string

  constructor(message: string) {
    this.message = message
    this.path = ''
  }

  /** Prepends a field's name, or a list's index or a map's key in brackets. */
  within(step: string): this {
    this.path = this.path === '' || this.path.startsWith('[') ? step + this.path : `${step}.${this.path}`
    return this
  }
}

/** A number of the JSON text whose double may not be the same number. */
export class NumberText {
  readonly source: string
  readonly value: number

  constructor(source: string, value: number) {
    this.source = source
    this.value = value
  }
}

/** Takes any non-null value of JSON.parse; numbers that a double may not hold come as NumberText. */
export type DecodeValue = (value: unknown) => unknown

const MIN_LONG = -(2n ** 63n)
const MAX_LONG = 2n ** 63n - 1n
const MAX_FLOAT = 3.4028234663852886e38
const INTEGER = /^-?(?:0|[1-9]\d*)$/
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i

/** The decoder of a primitive type; `int53` as Field.int53. */
export function primitiveDecoder(type: PrimitiveType, int53: boolean): DecodeValue {
  switch (type.kind) {
    case 'boolean':
      return decodeBoolean
    case 'int':
      return decodeInt
    case 'long':
      return int53 ? decodeInt53 : decodeLong
    case 'float':
      return decodeFloat
    case 'double':
      return decodeDouble
    case 'decimal':
      return decimalDecoder(type.precision, type.scale)
    case 'date':
      return decodeDate
    case 'time':
      return decodeTime
    case 'timestamp':
      return decodeTimestamp
    case 'timestamptz':
      return decodeTimestamptz
    case 'string':
      return decodeString
    case 'uuid':
      return decodeUuid
    case 'binary':
      return decodeBinary
    case 'fixed':
      return fixedDecoder(type.length)
  }
}

/** A refusal that says what was expected and what came. */
export function expected(what: string, value: unknown): Refusal {
  return new Refusal(`expected ${what}, got ${describeValue(value)}`)
}

function decodeString(value: unknown): string | Refusal {
  return typeof value === 'string' ? value : expected('a string', value)
}

/** Refuses a row in which any string holds half of a surrogate pair: it could not be stored as UTF-8. */
export function refuseLoneSurrogates(value: unknown): Refusal | undefined {
  if (typeof value === 'string') {
    return value.isWellFormed() ? undefined : new Refusal('a lone surrogate (half of a \\u pair) has no UTF-8 form')
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return undefined
  if (value instanceof Map) {
    for (const [key, entry] of value) {
      const refusal = refuseLoneSurrogates(key) ?? refuseLoneSurrogates(entry)
      if (refusal !== undefined) return refusal.within(`[${JSON.stringify(shorten(String(key)))}]`)
    }
    return undefined
  }
  for (const [name, entry] of Object.entries(value)) {
    const refusal = refuseLoneSurrogates(entry)
    if (refusal !== undefined) return refusal.within(Array.isArray(value) ? `[${name}]` : name)
  }
  return undefined
}

function decodeBoolean(value: unknown): boolean | Refusal {
  return typeof value === 'boolean' ? value : expected('true or false', value)
}

function decodeInt(value: unknown): number | Refusal {
  if (typeof value === 'number') {
    const int = value | 0
    return int === value ? int : expected('an integer of 32 bits', value)
  }
  if (value instanceof NumberText) {
    const int = Number(parseDecimal(value.source, 10, 0) ?? Number.NaN)
    return int === (int | 0) ? int : expected('an integer of 32 bits', value)
  }
  return expected('an integer', value)
}

function decodeInt53(value: unknown): number | Refusal {
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) ? value + 0 : expected('an integer within ±(2^53 − 1)', value)
  }
  if (value instanceof NumberText) {
    const int = Number(parseDecimal(value.source, 16, 0) ?? Number.NaN)
    return Number.isSafeInteger(int) ? int : expected('an integer within ±(2^53 − 1)', value)
  }
  return expected('an integer', value)
}

function decodeLong(value: unknown): bigint | Refusal {
  let long: bigint | undefined
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return BigInt(value)
    // Such as 1e17: its shortest text is its value.
    long = parseDecimal(String(value), 19, 0)
  } else if (typeof value === 'string') {
    if (value.length <= 20 && INTEGER.test(value)) long = BigInt(value)
  } else if (value instanceof NumberText) {
    long = parseDecimal(value.source, 19, 0)
  } else {
    return expected('an integer', value)
  }
  return long !== undefined && long >= MIN_LONG && long <= MAX_LONG ? long : expected('an integer of 64 bits', value)
}

function decodeDouble(value: unknown): number | Refusal {
  const double = value instanceof NumberText ? value.value : value
  if (typeof double !== 'number') return expected('a number', value)
  return Number.isFinite(double) ? double : expected('a number that a double can hold', value)
}

function decodeFloat(value: unknown): number | Refusal {
  const double = value instanceof NumberText ? value.value : value
  if (typeof double !== 'number') return expected('a number', value)
  return Math.abs(double) <= MAX_FLOAT ? Math.fround(double) : expected('a number that a float can hold', value)
}

function decimalDecoder(precision: number, scale: number): DecodeValue {
  const parse = decimalParser(precision, scale)
  return (value) => {
    const source = value instanceof NumberText ? value.source : value
    if (typeof source !== 'number' && typeof source !== 'string') return expected('a number, or its text', value)
    const unscaled = parse(source)
    if (unscaled !== undefined) return unscaled
    const problem = decimalProblem(String(source), precision, scale)
    return new Refusal(`expected decimal(${precision}, ${scale}), got ${describeValue(value)}: ${problem}`)
  }
}

function decodeDate(value: unknown): number | Refusal {
  const days = typeof value === 'string' ? parseIsoDate(value) : Number.NaN
  return Number.isNaN(days) ? expected('an ISO 8601 date such as 2026-11-23', value) : days
}

function decodeTime(value: unknown): bigint | Refusal {
  const micros = typeof value === 'string' ? parseIsoTimeMicros(value) : undefined
  return micros ?? expected('an ISO 8601 time such as 08:30:00', value)
}

function decodeTimestamp(value: unknown): bigint | Refusal {
  const micros = typeof value === 'string' ? parseIsoLocalTimestampMicros(value) : undefined
  return micros ?? expected('an ISO 8601 date-time without zone, such as 2026-11-23T08:30:00', value)
}

function decodeTimestamptz(value: unknown): bigint | Refusal {
  const micros = typeof value === 'string' ? parseIsoTimestampMicros(value) : undefined
  return micros ?? expected('an ISO 8601 date-time with zone, such as 2026-11-23T08:30:00Z', value)
}

function decodeUuid(value: unknown): string | Refusal {
  return typeof value === 'string' && UUID.test(value) ? value.toLowerCase() : expected('a UUID', value)
}

function decodeBinary(value: unknown): Uint8Array | Refusal {
  const bytes = typeof value === 'string' ? decodeBase64(value) : undefined
  return bytes ?? expected('base64', value)
}

function fixedDecoder(length: number): DecodeValue {
  return (value) => {
    const bytes = decodeBinary(value)
    if (bytes instanceof Refusal || bytes.length === length) return bytes
    return new Refusal(`expected ${length} bytes, got ${bytes.length}`)
  }
}

const SHOWN_LENGTH = 40

function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'a list'
  if (value instanceof NumberText) return `number ${shorten(value.source)}`
  if (typeof value === 'string') return `string ${JSON.stringify(shorten(value))}`
  return typeof value === 'object' ? 'an object' : `${typeof value} ${value}`
}

/** At most 40 characters, and none of them half of a pair: reasons are stored as UTF-8. */
export function shorten(text: string): string {
  return (text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text).toWellFormed()
}
