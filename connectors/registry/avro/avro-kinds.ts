/** What avsc's types are, whatever their values look like. */
import type avro from 'avsc'
import { Annotated, Decimal } from './avro-type.ts'

export interface Enum extends avro.Type {
  readonly symbols: readonly string[]
  readonly default?: string
}

export interface Fixed extends avro.Type {
  readonly size: number
}

/** Avro's name of the kind of type, `long` for one of bigints; of one with another meaning, that of the underlying type. */
export function nameOf(type: avro.Type): string {
  const { typeName } = underlying(type)
  if (typeName === 'abstract:long') return 'long'
  return typeName.startsWith('union:') ? 'union' : typeName
}

/** For people: with what its values mean. */
export function describeAvro(type: avro.Type): string {
  if (isUnion(type)) return `[${type.types.map(describeAvro).join(', ')}]`
  if (type instanceof Decimal) return `decimal(${type.precision}, ${type.scale})`
  const name = isRecord(type) ? `record ${type.name}` : nameOf(type)
  return type instanceof Annotated ? `${name} (${type.meaning})` : name
}

export function underlying(type: avro.Type): avro.Type {
  return type instanceof Annotated ? type.underlyingType : type
}

export function isUnion(type: avro.Type): type is avro.types.WrappedUnionType {
  return nameOf(type) === 'union'
}

export function isRecord(type: avro.Type): type is avro.types.RecordType {
  return nameOf(type) === 'record'
}

export function isArray(type: avro.Type): type is avro.types.ArrayType {
  return nameOf(type) === 'array'
}

export function isMap(type: avro.Type): type is avro.types.MapType {
  return nameOf(type) === 'map'
}
