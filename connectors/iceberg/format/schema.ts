/** Iceberg schemas in JSON (spec, Appendix C), to and from the logical types. */
import { SluiceError } from '../../../topology/errors.ts'
import type { DataType, Field, PrimitiveType } from '../../../topology/schema/types.ts'

/** A schema as table metadata holds it. */
export interface SchemaJson {
  readonly type: 'struct'
  readonly 'schema-id': number
  readonly 'identifier-field-ids'?: readonly number[]
  readonly fields: readonly FieldJson[]
}

export interface FieldJson {
  readonly id: number
  readonly name: string
  readonly required: boolean
  readonly type: TypeJson
  readonly doc?: string
}

export type TypeJson =
  | string
  | { readonly type: 'struct'; readonly fields: readonly FieldJson[] }
  | {
      readonly type: 'list'
      readonly 'element-id': number
      readonly element: TypeJson
      readonly 'element-required': boolean
    }
  | {
      readonly type: 'map'
      readonly 'key-id': number
      readonly key: TypeJson
      readonly 'value-id': number
      readonly value: TypeJson
      readonly 'value-required': boolean
    }

export function schemaToJson(schemaId: number, fields: readonly Field[]): SchemaJson {
  return { type: 'struct', 'schema-id': schemaId, fields: fields.map(fieldToJson) }
}

/** @throws {SluiceError} `TYPE_UNSUPPORTED` naming the type. */
export function schemaFromJson(schema: { readonly fields: readonly FieldJson[] }): Field[] {
  return schema.fields.map(fieldFromJson)
}

/** The type as Iceberg spells it: `decimal(18, 2)`, `fixed[16]`, `struct<…>`; nested types in Java's notation. */
export function printType(type: DataType): string {
  switch (type.kind) {
    case 'struct':
      return `struct<${type.fields.map((field) => `${field.name}: ${printType(field.type)}`).join(', ')}>`
    case 'list':
      return `list<${printType(type.element)}>`
    case 'map':
      return `map<${printType(type.key)}, ${printType(type.value)}>`
    case 'decimal':
      return `decimal(${type.precision}, ${type.scale})`
    case 'fixed':
      return `fixed[${type.length}]`
    default:
      return type.kind
  }
}

function fieldToJson(field: Field): FieldJson {
  const json = { id: field.id, name: field.name, required: field.required, type: typeToJson(field.type) }
  return field.doc === undefined ? json : { ...json, doc: field.doc }
}

function fieldFromJson(json: FieldJson): Field {
  const field = { id: json.id, name: json.name, required: json.required, type: typeFromJson(json.type) }
  return json.doc === undefined ? field : { ...field, doc: json.doc }
}

function typeToJson(type: DataType): TypeJson {
  switch (type.kind) {
    case 'struct':
      return { type: 'struct', fields: type.fields.map(fieldToJson) }
    case 'list':
      return {
        type: 'list',
        'element-id': type.elementId,
        element: typeToJson(type.element),
        'element-required': type.elementRequired,
      }
    case 'map':
      return {
        type: 'map',
        'key-id': type.keyId,
        key: typeToJson(type.key),
        'value-id': type.valueId,
        value: typeToJson(type.value),
        'value-required': type.valueRequired,
      }
    default:
      return printType(type)
  }
}

function typeFromJson(json: TypeJson): DataType {
  if (typeof json === 'string') return parsePrimitive(json)
  switch (json.type) {
    case 'struct':
      return { kind: 'struct', fields: json.fields.map(fieldFromJson) }
    case 'list':
      return {
        kind: 'list',
        elementId: json['element-id'],
        element: typeFromJson(json.element),
        elementRequired: json['element-required'],
      }
    case 'map':
      return {
        kind: 'map',
        keyId: json['key-id'],
        key: typeFromJson(json.key),
        valueId: json['value-id'],
        value: typeFromJson(json.value),
        valueRequired: json['value-required'],
      }
  }
}

const PLAIN_KINDS: ReadonlySet<string> = new Set([
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'string',
  'uuid',
  'binary',
])

function parsePrimitive(text: string): PrimitiveType {
  if (PLAIN_KINDS.has(text)) return { kind: text } as PrimitiveType
  const decimal = /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(text)
  if (decimal !== null) return { kind: 'decimal', precision: Number(decimal[1]), scale: Number(decimal[2]) }
  const fixed = /^fixed\[\s*(\d+)\s*\]$/.exec(text)
  if (fixed !== null) return { kind: 'fixed', length: Number(fixed[1]) }
  throw new SluiceError('TYPE_UNSUPPORTED', `Iceberg type '${text}' is not one of format version 2`, {
    fix: 'Read this table with an engine that knows the type, or leave the column out.',
    details: { type: text },
  })
}
