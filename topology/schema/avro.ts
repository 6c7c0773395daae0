/**
 * Fields as an Avro schema, as Iceberg's specification maps them (Appendix A, "Avro"): plain JSON with field ids.
 *
 * @see https://iceberg.apache.org/spec/#avro
 */
import type { Json } from '../json.ts'
import type { DataType, Field } from './types.ts'

type AvroSchema = Readonly<Record<string, Json>> | string

/**
 * The Avro record of `fields`. What is not required is a union with null, which comes first and is the default. Ids are
 * left out where a field has none yet. A name that Avro does not allow is escaped, and kept in `iceberg-field-name`.
 *
 * @example avroSchema('order', fieldsOf(Order))
 */
export function avroSchema(name: string, fields: readonly Field[]): AvroSchema {
  return record(avroName(name), fields, new Set())
}

/** Avro defines a name once and refers to it afterwards: `defined` holds the names that are. */
function record(name: string, fields: readonly Field[], defined: Set<string>): AvroSchema {
  return {
    type: 'record',
    name,
    fields: fields.map((field) => {
      const escaped = avroName(field.name)
      return {
        name: escaped,
        type: nullable(avroType(field.type, `${name}_${escaped}`, field.id, defined), field.required),
        ...(!field.required && { default: null }),
        ...(field.doc !== undefined && { doc: field.doc }),
        ...(escaped !== field.name && { 'iceberg-field-name': field.name }),
        ...idOf('field-id', field.id),
      }
    }),
  }
}

/** `path` names a nested record that has no id to be named after. */
function avroType(type: DataType, path: string, id: number, defined: Set<string>): AvroSchema {
  switch (type.kind) {
    case 'boolean':
    case 'int':
    case 'long':
    case 'float':
    case 'double':
    case 'string':
      return type.kind
    case 'binary':
      return 'bytes'
    case 'date':
      return { type: 'int', logicalType: 'date' }
    case 'time':
      return { type: 'long', logicalType: 'time-micros' }
    case 'timestamp':
      return { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': false }
    case 'timestamptz':
      return { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': true }
    case 'decimal': {
      const { precision, scale } = type
      const attributes = { size: decimalSizeBytes(precision), logicalType: 'decimal', precision, scale }
      return named(`decimal_${precision}_${scale}`, attributes, defined)
    }
    case 'uuid':
      return named('uuid_fixed', { size: 16, logicalType: 'uuid' }, defined)
    case 'fixed':
      return named(`fixed_${type.length}`, { size: type.length }, defined)
    case 'struct':
      return record(id < 0 ? path : `r${id}`, type.fields, defined)
    case 'list': {
      const items = nullable(avroType(type.element, `${path}_element`, type.elementId, defined), type.elementRequired)
      return { type: 'array', items, ...idOf('element-id', type.elementId) }
    }
    case 'map': {
      const ids = { ...idOf('key-id', type.keyId), ...idOf('value-id', type.valueId) }
      const value = nullable(avroType(type.value, `${path}_value`, type.valueId, defined), type.valueRequired)
      if (type.key.kind === 'string') return { type: 'map', values: value, ...ids }
      return { type: 'array', items: keyValueRecord(type, path, value, defined), logicalType: 'map' }
    }
  }
}

/** Avro's maps have strings for keys; others are a list of pairs. */
function keyValueRecord(
  type: Extract<DataType, { kind: 'map' }>,
  path: string,
  value: AvroSchema | readonly AvroSchema[],
  defined: Set<string>,
): AvroSchema {
  return {
    type: 'record',
    name: type.keyId < 0 ? `${path}_entry` : `k${type.keyId}_v${type.valueId}`,
    fields: [
      {
        name: 'key',
        type: avroType(type.key, `${path}_key`, type.keyId, defined),
        ...idOf('field-id', type.keyId),
      },
      {
        name: 'value',
        type: value,
        ...(!type.valueRequired && { default: null }),
        ...idOf('field-id', type.valueId),
      },
    ],
  }
}

function nullable(type: AvroSchema, required: boolean): AvroSchema | readonly AvroSchema[] {
  return required ? type : ['null', type]
}

function named(name: string, attributes: Readonly<Record<string, Json>>, defined: Set<string>): AvroSchema {
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
