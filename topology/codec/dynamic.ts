/**
 * The codec of values that say themselves what they are: for records that an operator keeps without knowing their schema.
 *
 * ```text
 * uint8 tag, then
 *   0 null   1 undefined   2 false   3 true     nothing
 *   4 integer from 0         varint            5 negative integer    varint of −1 − n
 *   6 any other number       float64           7 bigint              bigint
 *   8 string                 string            9 Uint8Array          bytes
 *  10 Date                   float64: getTime()
 *  11 array, 12 Set          varint n, then n values
 *  13 Map                    varint n, then n times key, value
 *  14 object                 varint n, then n times name (string), value
 * ```
 *
 * The names of an object's fields are written with every object: state whose schema is declared is smaller.
 */
import type { ByteReader, ByteWriter, ValueCodec } from '../contract/state.ts'
import { describeValue } from '../describe-value.ts'
import { SluiceError } from '../errors.ts'
import { stateCorrupt } from './state-corrupt.ts'

const Tag = {
  null: 0,
  undefined: 1,
  false: 2,
  true: 3,
  natural: 4,
  negative: 5,
  float: 6,
  bigint: 7,
  string: 8,
  bytes: 9,
  date: 10,
  array: 11,
  set: 12,
  map: 13,
  object: 14,
} as const

/** Any value that can travel between workers, objects as plain ones. Never changed in place: a copy is the value itself. */
export const dynamic: ValueCodec<any> = { name: 'dynamic', version: 1, write, read, copy: (value) => value }

function write(writer: ByteWriter, value: unknown): void {
  switch (typeof value) {
    case 'string':
      writer.uint8(Tag.string)
      writer.string(value)
      return
    case 'number':
      writeNumber(writer, value)
      return
    case 'bigint':
      writer.uint8(Tag.bigint)
      writer.bigint(value)
      return
    case 'boolean':
      writer.uint8(value ? Tag.true : Tag.false)
      return
    case 'undefined':
      writer.uint8(Tag.undefined)
      return
    case 'object':
      if (value === null) writer.uint8(Tag.null)
      else writeObject(writer, value)
      return
    default:
      throw unfit(value)
  }
}

function writeNumber(writer: ByteWriter, value: number): void {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    writer.uint8(Tag.float)
    writer.float64(value)
  } else if (value >= 0) {
    writer.uint8(Tag.natural)
    writer.varint(value)
  } else {
    writer.uint8(Tag.negative)
    writer.varint(-1 - value)
  }
}

function writeObject(writer: ByteWriter, value: object): void {
  if (Array.isArray(value)) {
    writer.uint8(Tag.array)
    writer.varint(value.length)
    for (let index = 0; index < value.length; index++) write(writer, value[index])
  } else if (value instanceof Uint8Array) {
    writer.uint8(Tag.bytes)
    writer.bytes(value)
  } else if (value instanceof Date) {
    writer.uint8(Tag.date)
    writer.float64(value.getTime())
  } else if (value instanceof Set) {
    writer.uint8(Tag.set)
    writer.varint(value.size)
    for (const member of value) write(writer, member)
  } else if (value instanceof Map) {
    writer.uint8(Tag.map)
    writer.varint(value.size)
    for (const [key, entry] of value) {
      write(writer, key)
      write(writer, entry)
    }
  } else if (ArrayBuffer.isView(value) || typeof (value as { then?: unknown }).then === 'function') {
    throw unfit(value)
  } else {
    const names = Object.keys(value)
    writer.uint8(Tag.object)
    writer.varint(names.length)
    for (const name of names) {
      writer.string(name)
      write(writer, (value as Record<string, unknown>)[name])
    }
  }
}

function read(reader: ByteReader): unknown {
  const tag = reader.uint8()
  switch (tag) {
    case Tag.null:
      return null
    case Tag.undefined:
      return undefined
    case Tag.false:
      return false
    case Tag.true:
      return true
    case Tag.natural:
      return reader.varint()
    case Tag.negative:
      return -1 - reader.varint()
    case Tag.float:
      return reader.float64()
    case Tag.bigint:
      return reader.bigint()
    case Tag.string:
      return reader.string()
    case Tag.bytes:
      return reader.bytes()
    case Tag.date:
      return new Date(reader.float64())
    case Tag.array:
      return readMany(reader)
    case Tag.set:
      return new Set(readMany(reader))
    case Tag.map:
      return readMap(reader)
    case Tag.object:
      return readObject(reader)
    default:
      throw stateCorrupt(`no value begins with ${tag}`)
  }
}

function readMany(reader: ByteReader): unknown[] {
  const values: unknown[] = []
  for (let left = reader.varint(); left > 0; left--) values.push(read(reader))
  return values
}

function readMap(reader: ByteReader): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>()
  for (let left = reader.varint(); left > 0; left--) {
    const key = read(reader)
    map.set(key, read(reader))
  }
  return map
}

function readObject(reader: ByteReader): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  for (let left = reader.varint(); left > 0; left--) {
    const name = reader.string()
    const field = read(reader)
    // Assigned, this name would set the prototype.
    if (name === '__proto__') Object.defineProperty(value, name, { value: field, ...PLAIN })
    else value[name] = field
  }
  return value
}

const PLAIN = { enumerable: true, configurable: true, writable: true }

function unfit(value: unknown): SluiceError {
  return new SluiceError('STATE_VALUE_INVALID', `${describeValue(value)} can't be kept in state`, {
    fix: 'Records that are kept hold primitives, dates, Uint8Arrays, arrays, sets, maps and plain objects.',
  })
}
