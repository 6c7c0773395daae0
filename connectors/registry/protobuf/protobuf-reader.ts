/** From Protobuf messages, written with any schema, to rows of a topic: functions made once for each pair of schemas. */
import protobuf from 'protobufjs'
import { primitiveDecoder, Refusal } from '../../../topology/schema/json-values.ts'
import type { DataType, PrimitiveType, StructType } from '../../../topology/schema/types.ts'
import { hasPresence } from './protobuf-type.ts'

/** From a value as protobufjs reads it to that of a row. */
type Convert = (value: any) => unknown

/**
 * Reads messages of `writer`. Fields are found by name: one that the writer does not have, or left out, is null, unless
 * Protobuf can't tell the latter from its default; those that the row does not have are left out.
 *
 * @throws {Error} naming the field, when no message of this type can be read
 */
export function protobufReader(
  writer: protobuf.Type,
  { fields }: StructType,
  path = '',
): (message: protobuf.Message) => Record<string, unknown> | Refusal {
  const columns = fields.flatMap(({ name, type, int53 }) => {
    const source = writer.fields[name]
    if (source === undefined) return []
    const at = path === '' ? name : `${path}.${name}`
    return [{ name, isOptional: hasPresence(source), convert: converterOf(source, type, int53 === true, at) }]
  })
  const empty = Object.fromEntries(fields.map(({ name }) => [name, null]))
  return (message) => {
    const row: Record<string, unknown> = { ...empty }
    for (const { name, isOptional, convert } of columns) {
      // The prototype has the default values.
      if (isOptional && !Object.hasOwn(message, name)) continue
      const converted = convert((message as unknown as Record<string, unknown>)[name])
      if (converted instanceof Refusal) return converted.within(name)
      row[name] = converted
    }
    return row
  }
}

function converterOf(source: protobuf.FieldBase, type: DataType, int53: boolean, at: string): Convert {
  source.resolve()
  if (type.kind === 'list') {
    if (!source.repeated) throw unreadable(source, type, at)
    const convert = singleConverter(source, type.element, type.elementInt53 === true, at)
    return (values: readonly unknown[]) => {
      const list: unknown[] = []
      for (const [index, value] of values.entries()) {
        const converted = convert(value)
        if (converted instanceof Refusal) return converted.within(`[${index}]`)
        list.push(converted)
      }
      return list
    }
  }
  if (type.kind === 'map') {
    if (!(source instanceof protobuf.MapField)) throw unreadable(source, type, at)
    return mapConverter(source, type, at)
  }
  if (source.repeated || source instanceof protobuf.MapField) throw unreadable(source, type, at)
  return singleConverter(source, type, int53, at)
}

function mapConverter(source: protobuf.MapField, type: Extract<DataType, { kind: 'map' }>, at: string): Convert {
  const convertKey = scalarConverter(source.keyType, type.key as PrimitiveType, type.keyInt53 === true)
  if (convertKey === undefined) throw unreadable(source, type, at)
  const convertValue = singleConverter(source, type.value, type.valueInt53 === true, at)
  const parseKey = keyParser(source.keyType)
  return (entries: Readonly<Record<string, unknown>>) => {
    const map = new Map<unknown, unknown>()
    for (const [text, value] of Object.entries(entries)) {
      const key = convertKey(parseKey(text))
      if (key instanceof Refusal) return key
      const converted = convertValue(value)
      if (converted instanceof Refusal) return converted.within(`[${JSON.stringify(text)}]`)
      map.set(key, converted)
    }
    return map
  }
}

/** protobufjs keeps a map in an object: its keys are text, and those of 64 bits the eight characters of their bytes. */
function keyParser(keyType: string): (text: string) => unknown {
  if (keyType === 'string') return (text) => text
  if (keyType === 'bool') return (text) => text === 'true'
  if (LONGS.has(keyType)) return (text) => protobuf.util.longFromHash(text, keyType.startsWith('u'))
  return Number
}

function singleConverter(source: protobuf.FieldBase, type: DataType, int53: boolean, at: string): Convert {
  const { resolvedType } = source
  if (type.kind === 'struct') {
    if (!(resolvedType instanceof protobuf.Type)) throw unreadable(source, type, at)
    return protobufReader(resolvedType, type, at)
  }
  if (type.kind === 'list' || type.kind === 'map') throw unreadable(source, type, at)
  if (resolvedType instanceof protobuf.Enum) {
    if (type.kind !== 'string') throw unreadable(source, type, at)
    const names = resolvedType.valuesById
    return (value: number) => names[value] ?? new Refusal(`expected ${resolvedType.name}, got ${value}`)
  }
  if (resolvedType !== null) {
    if (type.kind !== 'timestamptz' || resolvedType.fullName !== '.google.protobuf.Timestamp')
      throw unreadable(source, type, at)
    return microsOf
  }
  const convert = scalarConverter(source.type, type, int53)
  if (convert === undefined) throw unreadable(source, type, at)
  return convert
}

const INTS = new Set(['int32', 'sint32', 'sfixed32'])
const LONGS = new Set(['int64', 'sint64', 'sfixed64', 'uint64', 'fixed64'])
const UNSIGNED_INTS = new Set(['uint32', 'fixed32'])

const same: Convert = (value) => value

function scalarConverter(source: string, type: PrimitiveType, int53: boolean): Convert | undefined {
  const isInt = INTS.has(source)
  const isInteger = isInt || UNSIGNED_INTS.has(source) || LONGS.has(source)
  switch (type.kind) {
    case 'boolean':
      return source === 'bool' ? same : undefined
    case 'int':
      return isInt ? same : undefined
    case 'long':
      if (!isInteger) return undefined
      if (!LONGS.has(source)) return int53 ? same : BigInt
      return int53 ? (value: Long64) => safeInteger(bigintOf(value)) : (value: Long64) => signed(bigintOf(value))
    case 'float':
    case 'double':
      return source === 'float' || source === type.kind ? same : undefined
    case 'string':
      return source === 'string' ? same : undefined
    case 'binary':
      return source === 'bytes' ? (bytes: Uint8Array) => new Uint8Array(bytes) : undefined
    case 'fixed':
      return source === 'bytes' ? (bytes: Uint8Array) => fixedOf(bytes, type.length) : undefined
    case 'timestamptz':
      return undefined
    default:
      // Text, as in JSON.
      return source === 'string' ? primitiveDecoder(type, false) : undefined
  }
}

/** 64 bits as protobufjs has them: the prototype's default is one too. */
interface Long64 {
  readonly low: number
  readonly high: number
  readonly unsigned: boolean
}

export function bigintOf(value: Long64 | number): bigint {
  if (typeof value === 'number') return BigInt(value)
  const bits = (BigInt(value.high >>> 0) << 32n) | BigInt(value.low >>> 0)
  return value.unsigned ? bits : BigInt.asIntN(64, bits)
}

function signed(value: bigint): bigint | Refusal {
  return BigInt.asIntN(64, value) === value ? value : new Refusal(`expected an integer of 64 bits, got ${value}`)
}

function safeInteger(value: bigint): number | Refusal {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : new Refusal(`expected an integer within ±(2^53 − 1), got ${value}`)
}

function fixedOf(bytes: Uint8Array, length: number): Uint8Array | Refusal {
  return bytes.length === length ? new Uint8Array(bytes) : new Refusal(`expected ${length} bytes, got ${bytes.length}`)
}

/** Of google.protobuf.Timestamp, whose nanoseconds count forward from its seconds. */
function microsOf({ seconds, nanos }: { readonly seconds: Long64; readonly nanos: number }): bigint {
  return bigintOf(seconds) * 1_000_000n + BigInt(Math.floor(nanos / 1000))
}

function unreadable(source: protobuf.FieldBase, type: DataType, at: string): Error {
  const written = `${source instanceof protobuf.MapField ? 'map of ' : source.repeated ? 'repeated ' : ''}${source.type}`
  return new Error(`${at}: Protobuf ${written} can't be read as ${type.kind}`)
}
