/** From Avro records, written with any schema, to rows of a topic: functions made once for each pair of schemas. */
import type avro from 'avsc'
import { avroName } from '../../../topology/schema/avro.ts'
import { describeType } from '../../../topology/schema/describe.ts'
import { primitiveDecoder, Refusal } from '../../../topology/schema/json-values.ts'
import { type DataType, NUMBER_DECIMAL_PRECISION, type StructType } from '../../../topology/schema/types.ts'
import { describeAvro, type Fixed, isArray, isMap, isRecord, isUnion, nameOf, underlying } from './avro-kinds.ts'
import { Annotated, Decimal } from './avro-type.ts'

/** From a value as avsc reads it, never null, to that of a row. */
type Convert = (value: any) => unknown

/** A type that can't be read as the one that is asked for; `path` is built as it is handed up. */
class Unreadable extends Error {
  readonly path: string
  readonly problem: string

  constructor(path: string, problem: string) {
    super(path === '' ? problem : `${path}: ${problem}`)
    this.path = path
    this.problem = problem
  }
}

/**
 * Reads what `writer` wrote. As for JSON, a field of the row that the writer does not have is null; those that the row does
 * not have are left out. Types are read as Avro's rules of resolution say (int as long, long as double, bytes as string …),
 * and besides: an enum as a string, times of any unit as microseconds, decimals of another scale where no digit is lost.
 *
 * @throws {Error} naming the field, when no record of this writer can be read
 */
export function avroReader(
  writer: avro.Type,
  struct: StructType,
): (record: unknown) => Record<string, unknown> | Refusal {
  return converterOf(writer, struct, false) as (record: unknown) => Record<string, unknown> | Refusal
}

function converterOf(writer: avro.Type, type: DataType, int53: boolean): Convert {
  if (nameOf(writer) === 'null') return same
  if (isUnion(writer)) return unionConverter(writer, type, int53)
  switch (type.kind) {
    case 'struct':
      return structConverter(writer, type)
    case 'list': {
      if (!isArray(writer)) break
      const element = within('[]', () => converterOf(writer.itemsType, type.element, type.elementInt53 === true))
      return (values: readonly unknown[]) => {
        const list = new Array<unknown>(values.length)
        for (let i = 0; i < values.length; i++) {
          const value = values[i] === null ? null : element(values[i])
          if (value instanceof Refusal) return value.within(`[${i}]`)
          list[i] = value
        }
        return list
      }
    }
    case 'map':
      return mapConverter(writer, type)
    default: {
      const convert = scalarConverter(writer, type, int53)
      if (convert !== undefined) return convert
    }
  }
  throw unreadable(writer, type)
}

/** A branch that can't be read is refused when a value of it comes. */
function unionConverter(writer: avro.types.WrappedUnionType, type: DataType, int53: boolean): Convert {
  const branches = writer.types.filter((branch) => nameOf(branch) !== 'null')
  if (branches.length === 1) return converterOf(branches[0]!, type, int53)
  const converters = new Map(
    branches.map((branch) => {
      try {
        return [branch.branchName!, converterOf(branch, type, int53)]
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error
        return [branch.branchName!, () => new Refusal(error.message)]
      }
    }),
  )
  return (wrapped: Record<string, unknown>) => {
    const branch = Object.keys(wrapped)[0]!
    return converters.get(branch)!(wrapped[branch])
  }
}

function structConverter(writer: avro.Type, type: StructType): Convert {
  if (!isRecord(writer)) throw unreadable(writer, type)
  const written = new Map(writer.fields.map((field) => [field.name, field.type]))
  const columns = type.fields.flatMap(({ name, type: fieldType, int53 }) => {
    const source = avroName(name)
    const sourceType = written.get(source)
    if (sourceType === undefined) return []
    return [{ name, source, convert: within(name, () => converterOf(sourceType, fieldType, int53 === true)) }]
  })
  // Copies of one object share its hidden class, also where the writer has other fields.
  const empty = Object.fromEntries(type.fields.map(({ name }) => [name, null]))
  return (record: Record<string, unknown>) => {
    const row: Record<string, unknown> = { ...empty }
    for (const { name, source, convert } of columns) {
      const value = record[source]
      if (value === null) continue
      const converted = convert(value)
      if (converted instanceof Refusal) return converted.within(name)
      row[name] = converted
    }
    return row
  }
}

/** An Avro map, or where keys are no strings, a list of pairs. */
function mapConverter(writer: avro.Type, type: Extract<DataType, { kind: 'map' }>): Convert {
  if (isArray(writer) && isRecord(writer.itemsType)) {
    const { itemsType } = writer
    const fields: StructType['fields'] = [
      { id: -1, name: 'key', required: true, type: type.key, int53: type.keyInt53 === true },
      { id: -1, name: 'value', required: type.valueRequired, type: type.value, int53: type.valueInt53 === true },
    ]
    const pair = within('{}', () => structConverter(itemsType, { kind: 'struct', fields }))
    return (pairs: readonly unknown[]) => {
      const map = new Map<unknown, unknown>()
      for (const [index, each] of pairs.entries()) {
        const entry = pair(each) as { readonly key: unknown; readonly value: unknown } | Refusal
        if (entry instanceof Refusal) return entry.within(`[${index}]`)
        map.set(entry.key, entry.value)
      }
      return map
    }
  }
  if (!isMap(writer) || type.key.kind !== 'string') throw unreadable(writer, type)
  const convert = within('{}', () => converterOf(writer.valuesType, type.value, type.valueInt53 === true))
  return (entries: ReadonlyMap<string, unknown>) => {
    const map = new Map<string, unknown>()
    for (const [key, value] of entries) {
      const converted = value === null ? null : convert(value)
      if (converted instanceof Refusal) return converted.within(`[${JSON.stringify(key)}]`)
      map.set(key, converted)
    }
    return map
  }
}

type Scalar = Exclude<DataType, { kind: 'struct' | 'list' | 'map' }>

const same: Convert = (value) => value

/** Undefined where values of the writer's type are none of the other's. */
function scalarConverter(writer: avro.Type, type: Scalar, int53: boolean): Convert | undefined {
  const name = nameOf(writer)
  const meaning = writer instanceof Annotated ? writer.meaning : undefined
  const isInteger = name === 'int' || name === 'long'
  switch (type.kind) {
    case 'boolean':
      return name === 'boolean' ? same : undefined
    case 'int':
      return name === 'int' ? same : undefined
    case 'long':
      if (int53) return name === 'int' ? same : name === 'long' ? safeInteger : undefined
      return name === 'int' ? BigInt : name === 'long' ? same : undefined
    case 'float':
      return isInteger ? (value) => Math.fround(Number(value)) : name === 'float' ? same : undefined
    case 'double':
      return isInteger ? Number : name === 'float' || name === 'double' ? same : undefined
    case 'decimal':
      if (writer instanceof Decimal) return rescale(writer.scale, type)
      return isInteger && meaning === undefined ? (value) => rescale(0, type)(BigInt(value)) : undefined
    case 'date':
      return name === 'int' && (meaning === undefined || meaning === 'date') ? same : undefined
    case 'time':
      return meaning?.startsWith('time-') === true ? toMicros(meaning) : undefined
    case 'timestamptz':
      return meaning?.startsWith('timestamp-') === true ? toMicros(meaning) : undefined
    case 'timestamp':
      return meaning !== undefined && /^(local-)?timestamp-/.test(meaning) ? toMicros(meaning) : undefined
    case 'string':
      if (name === 'bytes' && meaning === undefined) return textOf
      return name === 'string' || name === 'enum' ? same : undefined
    case 'uuid':
      return name === 'string' ? primitiveDecoder(type, false) : undefined
    case 'binary':
      if (name === 'string' && meaning === undefined) return (text: string) => new TextEncoder().encode(text)
      return (name === 'bytes' || name === 'fixed') && meaning === undefined ? bytesOf : undefined
    case 'fixed':
      return name === 'fixed' && meaning === undefined && (underlying(writer) as Fixed).size === type.length
        ? bytesOf
        : undefined
  }
}

function safeInteger(value: bigint): number | Refusal {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : new Refusal(`expected an integer within ±(2^53 − 1), got ${value}`)
}

function rescale(writtenScale: number, type: Extract<DataType, { kind: 'decimal' }>): Convert {
  const { precision, scale } = type
  const isNumber = precision <= NUMBER_DECIMAL_PRECISION
  const limit = 10n ** BigInt(precision)
  const up = 10n ** BigInt(Math.max(0, scale - writtenScale))
  const down = 10n ** BigInt(Math.max(0, writtenScale - scale))
  return (value: bigint) => {
    const unscaled = (value * up) / down
    if (unscaled * down !== value * up)
      return new Refusal(`expected decimal(${precision}, ${scale}), got more than ${scale} decimals`)
    if (unscaled >= limit || unscaled <= -limit)
      return new Refusal(`expected decimal(${precision}, ${scale}), got more than ${precision} digits`)
    return isNumber ? Number(unscaled) : unscaled
  }
}

/** From a time of any unit, in an int or a long. */
function toMicros(meaning: string): Convert {
  if (meaning.endsWith('-millis')) return (value) => BigInt(value) * 1000n
  // Rounded down, also before 1970.
  if (meaning.endsWith('-nanos')) return (value: bigint) => (value - (((value % 1000n) + 1000n) % 1000n)) / 1000n
  return same
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOf(bytes: Buffer): string | Refusal {
  try {
    return UTF8.decode(bytes)
  } catch {
    return new Refusal('expected a string, got bytes that are not UTF-8')
  }
}

/** A copy: what avsc gives is a window into the record, which a row would keep alive. */
function bytesOf(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes)
}

function within<R>(step: string, make: () => R): R {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    const { path, problem } = error
    throw new Unreadable(path === '' || path.startsWith('[') ? step + path : `${step}.${path}`, problem)
  }
}

function unreadable(writer: avro.Type, type: DataType): Unreadable {
  const description = describeType(type)
  return new Unreadable(
    '',
    `Avro ${describeAvro(writer)} can't be read as ${typeof description === 'string' ? description : type.kind}`,
  )
}
