/** From rows of a topic to Avro records of the schema that follows from its fields. */
import type avro from 'avsc'
import { avroName } from '../../../topology/schema/avro.ts'
import type { DataType, StructType } from '../../../topology/schema/types.ts'
import { HEADER_BYTES } from '../wire-format.ts'

type Convert = (value: any) => unknown

/**
 * Makes the function that writes rows of `struct` as records of `type`, which has been made of its schema, behind the room
 * for a header.
 */
export function avroWriter(type: avro.Type, struct: StructType): (row: unknown) => Uint8Array {
  const convert = converterOf(struct) ?? ((row) => row)
  return (row) => {
    const record = convert(row)
    try {
      return encode(type, record)
    } catch (error) {
      throw new RangeError(placed(type, record, error as Error))
    }
  }
}

/** Where records are written whose size is not known yet; one that is larger is written twice. */
const SCRATCH = Buffer.allocUnsafeSlow(64 << 10)

function encode(type: avro.Type, record: unknown): Uint8Array {
  const end = type.encode(record, SCRATCH, HEADER_BYTES)
  if (end >= 0) return Buffer.from(SCRATCH.subarray(0, end))
  // Negative: so many bytes were missing.
  const bytes = Buffer.allocUnsafeSlow(SCRATCH.length - end)
  type.encode(record, bytes, HEADER_BYTES)
  return bytes
}

/** avsc says what is wrong where it notices; a second look finds the field. */
function placed(type: avro.Type, record: unknown, error: Error): string {
  let found: string | undefined
  type.isValid(record, {
    errorHook: (path, value, fieldType) => {
      found ??= `${path.join('.')}: ${value === null || value === undefined ? 'null' : describe(value)} is no ${fieldType.typeName.replace('abstract:', '')}`
    },
  })
  return found ?? error.message
}

function describe(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40).toWellFormed()) : String(value).slice(0, 40)
}

/** Undefined where values stay as they are. */
function converterOf(type: DataType): Convert | undefined {
  switch (type.kind) {
    case 'binary':
    case 'fixed':
      return (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    case 'struct':
      return structConverter(type)
    case 'list': {
      const convert = converterOf(type.element)
      return convert && ((list: readonly unknown[]) => list.map((value) => (value === null ? null : convert(value))))
    }
    case 'map':
      return mapConverter(type)
    default:
      return undefined
  }
}

function structConverter({ fields }: StructType): Convert | undefined {
  const columns = fields.map(({ name, type }) => ({ name, target: avroName(name), convert: converterOf(type) }))
  if (columns.every(({ name, target, convert }) => name === target && convert === undefined)) return undefined
  return (row: Readonly<Record<string, unknown>>) => {
    const record: Record<string, unknown> = {}
    for (const { name, target, convert } of columns) {
      const value = row[name] ?? null
      record[target] = value === null || convert === undefined ? value : convert(value)
    }
    return record
  }
}

function mapConverter(type: Extract<DataType, { kind: 'map' }>): Convert | undefined {
  const convertKey = converterOf(type.key) ?? ((key) => key)
  const convertValue = converterOf(type.value)
  const convertEntry = (value: unknown) => (value === null || convertValue === undefined ? value : convertValue(value))
  if (type.key.kind !== 'string')
    return (map: ReadonlyMap<unknown, unknown>) =>
      Array.from(map, ([key, value]) => ({ key: convertKey(key), value: convertEntry(value) }))
  return (
    convertValue &&
    ((map: ReadonlyMap<unknown, unknown>) => new Map(Array.from(map, ([key, value]) => [key, convertEntry(value)])))
  )
}
