/**
 * Fields as an Avro schema: as Iceberg's specification maps them (Appendix A, "Avro"), with field ids, and as topics have
 * them, by Avro's own logical types.
 *
 * @see https://iceberg.apache.org/spec/#avro
 * @see https://avro.apache.org/docs/1.12.0/specification/
 */
import type { Json } from '../json.ts'
import type { DataType, Field, PrimitiveType } from './types.ts'

type AvroSchema = Readonly<Record<string, Json>> | string

/** Where the two forms differ. */
interface Dialect {
  /** Of a type that has none in it. `defined` holds the names that are defined already. */
  primitive(type: PrimitiveType, defined: Set<string>): AvroSchema
  /** What a field says besides. */
  attributes(field: Field, escaped: string): Readonly<Record<string, Json>>
}

/**
 * The Avro record of `fields`. What is not required is a union with null, which comes first and is the default. Ids are
 * left out where a field has none yet. A name that Avro does not allow is escaped, and kept in `iceberg-field-name`.
 *
 * @example avroSchema('order', fieldsOf(Order))
 */
export function avroSchema(name: string, fields: readonly Field[]): AvroSchema {
  return record(avroName(name), fields, new Set(), ICEBERG)
}

/**
 * The Avro record of `fields` as topics have it, for readers that know nothing of Iceberg: decimals are bytes, UUIDs
 * strings, times without a zone local timestamps. What is not required is a union with null, its default.
 *
 * @param fullName letters, digits and _, with a namespace before the last dot
 * @example wireAvroSchema('com.shop.Order', fieldsOf(Order))
 */
export function wireAvroSchema(fullName: string, fields: readonly Field[]): AvroSchema {
  const dot = fullName.lastIndexOf('.')
  const schema = record(fullName.slice(dot + 1), fields, new Set(), WIRE) as Readonly<Record<string, Json>>
  return dot < 0 ? schema : { ...schema, namespace: fullName.slice(0, dot) }
}

/** Avro defines a name once and refers to it afterwards: `defined` holds the names that are. */
function record(name: string, fields: readonly Field[], defined: Set<string>, dialect: Dialect): AvroSchema {
  return {
    type: 'record',
    name,
    fields: fields.map((field) => {
      const escaped = avroName(field.name)
      return {
        name: escaped,
        type: nullable(avroType(field.type, `${name}_${escaped}`, field.id, defined, dialect), field.required),
        ...(!field.required && { default: null }),
        ...(field.doc !== undefined && { doc: field.doc }),
        ...dialect.attributes(field, escaped),
      }
    }),
  }
}

/** `path` names a nested record that has no id to be named after. */
function avroType(type: DataType, path: string, id: number, defined: Set<string>, dialect: Dialect): AvroSchema {
  switch (type.kind) {
    case 'struct':
      return record(id < 0 ? path : `r${id}`, type.fields, defined, dialect)
    case 'list': {
      const element = avroType(type.element, `${path}_element`, type.elementId, defined, dialect)
      return { type: 'array', items: nullable(element, type.elementRequired), ...idOf('element-id', type.elementId) }
    }
    case 'map': {
      const ids = { ...idOf('key-id', type.keyId), ...idOf('value-id', type.valueId) }
      const value = nullable(avroType(type.value, `${path}_value`, type.valueId, defined, dialect), type.valueRequired)
      if (type.key.kind === 'string') return { type: 'map', values: value, ...ids }
      const key = avroType(type.key, `${path}_key`, type.keyId, defined, dialect)
      return { type: 'array', items: keyValueRecord(type, path, key, value), logicalType: 'map' }
    }
    default:
      return dialect.primitive(type, defined)
  }
}

/** Avro's maps have strings for keys; others are a list of pairs. */
function keyValueRecord(
  type: Extract<DataType, { kind: 'map' }>,
  path: string,
  key: AvroSchema,
  value: AvroSchema | readonly AvroSchema[],
): AvroSchema {
  return {
    type: 'record',
    name: type.keyId < 0 ? `${path}_entry` : `k${type.keyId}_v${type.valueId}`,
    fields: [
      { name: 'key', type: key, ...idOf('field-id', type.keyId) },
      {
        name: 'value',
        type: value,
        ...(!type.valueRequired && { default: null }),
        ...idOf('field-id', type.valueId),
      },
    ],
  }
}

const ICEBERG: Dialect = {
  primitive(type, defined) {
    switch (type.kind) {
      case 'timestamp':
        return { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': false }
      case 'timestamptz':
        return { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': true }
      case 'decimal': {
        const { precision, scale } = type
        const attributes = { size: decimalSizeBytes(precision), logicalType: 'decimal', precision, scale }
        return fixed(`decimal_${precision}_${scale}`, attributes, defined)
      }
      case 'uuid':
        return fixed('uuid_fixed', { size: 16, logicalType: 'uuid' }, defined)
      default:
        return plain(type, defined)
    }
  },
  attributes: (field, escaped) => ({
    ...(escaped !== field.name && { 'iceberg-field-name': field.name }),
    ...idOf('field-id', field.id),
  }),
}

const WIRE: Dialect = {
  primitive(type, defined) {
    switch (type.kind) {
      case 'timestamp':
        return { type: 'long', logicalType: 'local-timestamp-micros' }
      case 'timestamptz':
        return { type: 'long', logicalType: 'timestamp-micros' }
      case 'decimal':
        return { type: 'bytes', logicalType: 'decimal', precision: type.precision, scale: type.scale }
      case 'uuid':
        return { type: 'string', logicalType: 'uuid' }
      default:
        return plain(type, defined)
    }
  },
  attributes: () => ({}),
}

/** What both forms have in common: every type that none of them has said otherwise of. */
function plain(type: PrimitiveType, defined: Set<string>): AvroSchema {
  switch (type.kind) {
    case 'binary':
      return 'bytes'
    case 'date':
      return { type: 'int', logicalType: 'date' }
    case 'time':
      return { type: 'long', logicalType: 'time-micros' }
    case 'fixed':
      return fixed(`fixed_${type.length}`, { size: type.length }, defined)
    default:
      return type.kind
  }
}

function nullable(type: AvroSchema, required: boolean): AvroSchema | readonly AvroSchema[] {
  return required ? type : ['null', type]
}

function fixed(name: string, attributes: Readonly<Record<string, Json>>, defined: Set<string>): AvroSchema {
  if (defined.has(name)) return name
  defined.add(name)
  return { type: 'fixed', name, ...attributes }
}

function idOf(key: string, id: number): Readonly<Record<string, number>> {
  return id < 0 ? {} : { [key]: id }
}

/** The fewest bytes of a two's complement integer that holds every decimal of `precision` digits. */
export function decimalSizeBytes(precision: number): number {
  let bytes = 1
  while (2n ** BigInt(8 * bytes - 1) < 10n ** BigInt(precision)) bytes++
  return bytes
}

/** Avro names are letters, digits and _, no digit first: others become `_x` and their code, as Iceberg's writers do it. */
export function avroName(name: string): string {
  const escaped = name.replace(/[^A-Za-z0-9_]/gu, (char) => `_x${char.codePointAt(0)!.toString(16).toUpperCase()}`)
  return /^\d/.test(escaped) ? `_${escaped}` : escaped
}
