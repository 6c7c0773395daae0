/** From rows to JSON bytes: the inverse of the decoder, by functions compiled once from the schema. */
import type { z } from 'zod'
import type { Serializer } from '../contract/serde.ts'
import { generated, quoted } from '../generated.ts'
import { encodeBase64 } from './base64.ts'
import { formatDecimal } from './decimal.ts'
import { formatDate, formatLocalMicros, formatMicros, formatTimeMicros } from './iso-time.ts'
import type { Row } from './row.ts'
import { structOf } from './struct-of.ts'
import type { DataType, StructType } from './types.ts'

/** The JSON text of a value that is not null. */
type EncodeValue = (value: any) => string

/**
 * Encodes rows as UTF-8 JSON in the schema's wire form: decimals and 64-bit integers as exact JSON numbers, times as ISO
 * 8601, bytes as base64. A field that is null is written as null.
 *
 * @throws {RangeError} from `encode`, naming the field, when a number is NaN or infinite, a time is outside the years
 * 0001 to 9999, or a string holds a lone surrogate: none of them has a wire form.
 * @example jsonSerializer(z.object({ id: long(), amount: decimal(18, 2) })).encode({ id: 1n, amount: 1990n })
 */
export function jsonSerializer<S extends z.core.SomeType>(schema: S): Serializer<Row<S>> {
  const encodeRecord = structEncoder(structOf(schema))
  return { encode: (row) => Buffer.from(encodeRecord(row)) }
}

function encoderOf(type: DataType): EncodeValue {
  switch (type.kind) {
    case 'boolean':
    case 'int':
    case 'long':
      return String
    case 'float':
    case 'double':
      return encodeNumber
    case 'decimal':
      return (unscaled: bigint | number) => formatDecimal(unscaled, type.scale)
    case 'date':
      return (days: number) => `"${formatDate(days)}"`
    case 'time':
      return (micros: bigint) => `"${formatTimeMicros(micros)}"`
    case 'timestamp':
      return (micros: bigint) => `"${formatLocalMicros(micros)}"`
    case 'timestamptz':
      return (micros: bigint) => `"${formatMicros(micros)}"`
    case 'string':
    case 'uuid':
      return encodeString
    case 'fixed':
    case 'binary':
      return (bytes: Uint8Array) => `"${encodeBase64(bytes)}"`
    case 'struct':
      return structEncoder(type)
    case 'list': {
      const encodeElement = encoderOf(type.element)
      return (list: readonly unknown[]) =>
        `[${list.map((element, index) => encodeAt(`[${index}]`, encodeElement, element)).join(',')}]`
    }
    case 'map': {
      const encodeKey = encoderOf(type.key)
      const encodeEntry = encoderOf(type.value)
      return (map: ReadonlyMap<unknown, unknown>) => {
        const entries: string[] = []
        for (const [key, value] of map) {
          const text = encodeKey(key)
          const name = text.startsWith('"') ? text : `"${text}"`
          entries.push(`${name}:${encodeAt(`[${name}]`, encodeEntry, value)}`)
        }
        return `{${entries.join(',')}}`
      }
    }
  }
}

type MakeEncoder = (
  encoders: readonly EncodeValue[],
  within: (index: number, error: unknown) => UnencodableError,
) => EncodeValue

/** By code made for the names: see generated.ts. */
function structEncoder(type: StructType): EncodeValue {
  const names = type.fields.map(({ name }) => name)
  const encoders = type.fields.map((field) => encoderOf(field.type))
  const prefixes = names.map((name, index) => `${index === 0 ? '' : ','}${JSON.stringify(name)}:`)
  const members = names.map((name, index) => {
    const value = `(at = ${index}, v = row[${quoted(name)}])`
    return `${quoted(prefixes[index]!)} + (${value} === null || v === undefined ? 'null' : e${index}(v))`
  })
  const code = `
    const [${names.map((_, index) => `e${index}`).join(', ')}] = encoders
    return (row) => {
      let at = 0, v
      try {
        return ${["'{'", ...members, "'}'"].join(' + ')}
      } catch (error) {
        throw within(at, error)
      }
    }`
  const parameters = ['encoders', 'within']
  const slow = () => (row: Record<string, unknown>) =>
    `{${names.map((name, index) => prefixes[index] + encodeAt(name, encoders[index]!, row[name])).join('')}}`
  const make = generated<MakeEncoder>(parameters, code, slow)
  return make(encoders, (index, error) => errorWithin(names[index]!, error))
}

/** A failure gets the path it happened at: `payload.amount: NaN has no JSON form`. */
function encodeAt(step: string, encode: EncodeValue, value: unknown): string {
  if (value === null || value === undefined) return 'null'
  try {
    return encode(value)
  } catch (error) {
    throw errorWithin(step, error)
  }
}

function errorWithin(step: string, error: unknown): UnencodableError {
  return error instanceof UnencodableError ? error.within(step) : new UnencodableError(step, (error as Error).message)
}

class UnencodableError extends RangeError {
  readonly path: string
  readonly problem: string

  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`)
    this.path = path
    this.problem = problem
  }

  within(step: string): UnencodableError {
    return new UnencodableError(this.path.startsWith('[') ? step + this.path : `${step}.${this.path}`, this.problem)
  }
}

function encodeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} has no JSON form`)
  // String writes −0 as 0.
  return Object.is(value, -0) ? '-0' : String(value)
}

function encodeString(value: string): string {
  const text = JSON.stringify(value)
  // A lone surrogate is among what is escaped, and as a rule nothing is.
  if (text.length > value.length + 2 && !value.isWellFormed())
    throw new RangeError('a lone surrogate has no UTF-8 form')
  return text
}
