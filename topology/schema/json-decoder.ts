/** From JSON bytes to rows, by functions compiled once from the schema. */
import type { z } from 'zod'
import type { DecodeResult, Deserializer } from '../contract/serde.ts'
import {
  type DecodeValue,
  expected,
  NumberText,
  primitiveDecoder,
  Refusal,
  refuseLoneSurrogates,
  shorten,
} from './json-values.ts'
import type { DecodedRow } from './row.ts'
import { structOf } from './struct-of.ts'
import type { DataType, PrimitiveType, StructType } from './types.ts'

/**
 * Decodes UTF-8 JSON objects by a schema.
 *
 * Types are checked, and absent fields are null. What a field means is not judged here: neither whether it is required,
 * nor refinements, ranges or the values of an enum. A field the schema doesn't know is refused, except where the zod
 * object is loose (or has a catchall), where it is left out of the row. Of a key that comes twice the last counts, as
 * for JSON.parse. Numbers are read exactly: decimals and 64-bit integers from their text where a double would not do.
 *
 * @throws {TopologyError} `SCHEMA_UNSUPPORTED`, when it is made.
 * @example jsonDeserializer(z.object({ id: long() })).decode(bytes)
 */
export function jsonDeserializer<S extends z.core.SomeType>(schema: S): Deserializer<DecodedRow<S>> {
  const decodeRecord = structDecoder(structOf(schema))
  // A BOM must not be skipped: it is no JSON whitespace.
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

  return {
    decode(bytes): DecodeResult<DecodedRow<S>> {
      if (bytes === null) return { ok: false, rule: 'json', reason: 'no value: the record is a tombstone' }
      let text: string
      try {
        text = utf8.decode(bytes)
      } catch {
        return { ok: false, rule: 'json', reason: 'not UTF-8' }
      }
      let parsed: unknown
      try {
        parsed = hasLongNumber(bytes) ? JSON.parse(text, keepNumberText) : JSON.parse(text)
      } catch (error) {
        return { ok: false, rule: 'json', reason: describeParseError(error, text) }
      }
      if (!isObject(parsed)) return { ok: false, rule: 'json', reason: expected('an object', parsed).message }
      const row = decodeRecord(parsed)
      if (row instanceof Refusal) return refuse(row)
      // Few texts have an escape at all, and a plain search is a tenth of the pattern's cost.
      if (text.includes('\\u') && SURROGATE_ESCAPE.test(text)) {
        const refusal = refuseLoneSurrogates(row)
        if (refusal !== undefined) return refuse(refusal)
      }
      return { ok: true, value: row as DecodedRow<S> }
    },
  }
}

/**
 * Whether the text may hold a number of 16 digits and more, whose double may be another number. Digits in strings may
 * count as well, and then cost time only.
 */
function hasLongNumber(bytes: Uint8Array): boolean {
  // A run of 16 that begins at or after byte n covers byte n + 15: that one has to be looked at, and few others.
  for (let i = DIGITS_EXACT; i < bytes.length; i += DIGITS_EXACT + 1) {
    if (!isDigitOrPoint(bytes[i]!)) continue
    let first = i
    while (first > 0 && isDigitOrPoint(bytes[first - 1]!)) first--
    let end = i + 1
    while (end < bytes.length && isDigitOrPoint(bytes[end]!)) end++
    if (end - first > DIGITS_EXACT && precedesNumber(bytes[first - 1])) return true
    i = end - 1
  }
  return false
}

/** Numbers of at most so many digits are told apart by their doubles: the shortest text of the double is theirs. */
const DIGITS_EXACT = 15

/** Whether a number may follow `byte`: `:`, `,`, `[`, white space or `-`. Most digits in strings follow others. */
function precedesNumber(byte: number | undefined): boolean {
  return byte === undefined || byte === 58 || byte === 44 || byte === 91 || byte <= 32 || byte === 45
}

function isDigitOrPoint(byte: number): boolean {
  return byte <= 57 && byte >= 46 && byte !== 47
}

function keepNumberText(this: unknown, _key: string, value: unknown, context?: { readonly source?: string }): unknown {
  // What a double rounds to zero is zero, on either path.
  if (typeof value !== 'number' || value === 0) return value
  const source = context!.source!
  return source.length > DIGITS_EXACT ? new NumberText(source, value) : value
}

/** Only an escape can bring half of a surrogate pair into a string: the bytes are UTF-8. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/

function refuse(refusal: Refusal): DecodeResult<never> {
  return { ok: false, rule: 'schema', reason: `${refusal.path}: ${refusal.message}` }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberText)
}

function decoderOf(type: DataType, int53: boolean): DecodeValue {
  switch (type.kind) {
    case 'struct': {
      const decode = structDecoder(type)
      return (value) => (isObject(value) ? decode(value) : expected('an object', value))
    }
    case 'list':
      return listDecoder(decoderOf(type.element, type.elementInt53 === true))
    case 'map':
      return mapDecoder(
        keyDecoder(type.key as PrimitiveType, type.keyInt53 === true),
        decoderOf(type.value, type.valueInt53 === true),
      )
    default:
      return primitiveDecoder(type, int53)
  }
}

type JsonObject = Record<string, unknown>

function structDecoder(type: StructType): (wire: JsonObject) => JsonObject | Refusal {
  const names = type.fields.map((field) => field.name)
  const decoders = type.fields.map((field) => decoderOf(field.type, field.int53 === true))
  const places = new Map(names.map((name, index) => [name, index]))
  const refuseUnknown = type.open !== true
  // All rows get one hidden class, whatever came: that of a JSON object of all fields in order, which this is as well.
  const empty = JSON.parse(JSON.stringify(Object.fromEntries(names.map((name) => [name, null])))) as JsonObject

  /** Makes a row of an object of another shape, whose first `decoded` values have been decoded. */
  function reshape(wire: JsonObject, decoded: number): JsonObject | Refusal {
    const row = { ...empty }
    let position = 0
    for (const name in wire) {
      const value = wire[name]
      if (position++ < decoded) {
        row[name] = value
        continue
      }
      const index = places.get(name)
      if (index === undefined) {
        if (refuseUnknown) return new Refusal('unknown field').within(shorten(name))
      } else if (value !== null) {
        const result = decoders[index]!(value)
        if (result instanceof Refusal) return result.within(name)
        row[name] = result
      }
    }
    return row
  }

  return (wire) => {
    // Most producers write all fields in the schema's order: then what JSON.parse made becomes the row, and only values
    // that are something else in memory are written.
    let position = 0
    for (const name in wire) {
      if (names[position] !== name) return reshape(wire, position)
      const value = wire[name]
      if (value !== null) {
        const result = decoders[position]!(value)
        // −0 becomes 0 in most types, which !== does not tell apart.
        if (!Object.is(result, value)) {
          if (result instanceof Refusal) return result.within(name)
          wire[name] = result
        }
      }
      position++
    }
    return position === names.length ? wire : reshape(wire, position)
  }
}

function listDecoder(decodeElement: DecodeValue): DecodeValue {
  return (value) => {
    if (!Array.isArray(value)) return expected('a list', value)
    const list = new Array<unknown>(value.length)
    for (let i = 0; i < value.length; i++) {
      const element = value[i]
      const decoded = element === null ? null : decodeElement(element)
      if (decoded instanceof Refusal) return decoded.within(`[${i}]`)
      list[i] = decoded
    }
    return list
  }
}

/** A map is a JSON object, its keys the texts of the map's keys. */
function mapDecoder(decodeKey: (key: string) => unknown, decodeValue: DecodeValue): DecodeValue {
  return (value) => {
    if (!isObject(value)) return expected('an object', value)
    const map = new Map<unknown, unknown>()
    for (const name of Object.keys(value)) {
      const key = decodeKey(name)
      if (key instanceof Refusal) return key.within(`[${JSON.stringify(shorten(name))}]`)
      const entry = value[name]
      const decoded = entry === null ? null : decodeValue(entry)
      if (decoded instanceof Refusal) return decoded.within(`[${JSON.stringify(shorten(name))}]`)
      map.set(key, decoded)
    }
    return map
  }
}

function keyDecoder(type: PrimitiveType, int53: boolean): (key: string) => unknown {
  const decode = primitiveDecoder(type, int53)
  switch (type.kind) {
    case 'boolean':
      return (key) => decode(key === 'true' ? true : key === 'false' ? false : key)
    case 'int':
    case 'float':
    case 'double':
      return (key) => decode(numberOrText(key))
    case 'long':
      return int53 ? (key) => decode(numberOrText(key)) : decode
    default:
      return decode
  }
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

function numberOrText(key: string): NumberText | string {
  return JSON_NUMBER.test(key) ? new NumberText(key, Number(key)) : key
}

function describeParseError(error: unknown, text: string): string {
  if (text.charCodeAt(0) === 0xfeff) return 'not JSON: begins with a byte order mark'
  if (error instanceof RangeError) return 'not JSON: nested too deeply'
  return `not JSON: ${(error as Error).message.toWellFormed()}`
}
