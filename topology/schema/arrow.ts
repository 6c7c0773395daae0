/**
 * Fields as an Arrow schema, in plain objects: a connector builds its Arrow library's types from them.
 *
 * Type names and parameters are those of Arrow's Schema.fbs. Field ids go in the metadata from which Parquet writers
 * take them.
 */
import type { DataType, Field } from './types.ts'

export type ArrowType =
  | { readonly name: 'Bool' | 'Utf8' | 'Binary' | 'Struct' | 'List' }
  | { readonly name: 'Int'; readonly bitWidth: 32 | 64; readonly signed: true }
  | { readonly name: 'FloatingPoint'; readonly precision: 'SINGLE' | 'DOUBLE' }
  | { readonly name: 'Decimal'; readonly precision: number; readonly scale: number; readonly bitWidth: 128 }
  | { readonly name: 'Date'; readonly unit: 'DAY' }
  | { readonly name: 'Time'; readonly unit: 'MICROSECOND'; readonly bitWidth: 64 }
  | { readonly name: 'Timestamp'; readonly unit: 'MICROSECOND'; readonly timezone: 'UTC' | null }
  | { readonly name: 'FixedSizeBinary'; readonly byteWidth: number }
  | { readonly name: 'Map'; readonly keysSorted: false }

export interface ArrowField {
  readonly name: string
  readonly type: ArrowType
  readonly nullable: boolean
  /** `PARQUET:field_id`, once the field has one. */
  readonly metadata: Readonly<Record<string, string>>
  readonly children: readonly ArrowField[]
}

/** The Arrow fields of a record, in order. */
export function arrowFields(fields: readonly Field[]): readonly ArrowField[] {
  return fields.map((field) => arrowField(field.name, field.type, !field.required, field.id))
}

function arrowField(name: string, type: DataType, nullable: boolean, id: number): ArrowField {
  const metadata = id < 0 ? {} : { 'PARQUET:field_id': String(id) }
  return { name, type: arrowType(type), nullable, metadata, children: childrenOf(type) }
}

function childrenOf(type: DataType): readonly ArrowField[] {
  switch (type.kind) {
    case 'struct':
      return arrowFields(type.fields)
    case 'list':
      return [arrowField('element', type.element, !type.elementRequired, type.elementId)]
    case 'map': {
      const key = arrowField('key', type.key, false, type.keyId)
      const value = arrowField('value', type.value, !type.valueRequired, type.valueId)
      // Parquet's group around key and value is no field of the table, and has no id.
      return [{ name: 'key_value', type: { name: 'Struct' }, nullable: false, metadata: {}, children: [key, value] }]
    }
    default:
      return []
  }
}

function arrowType(type: DataType): ArrowType {
  switch (type.kind) {
    case 'boolean':
      return { name: 'Bool' }
    case 'int':
      return { name: 'Int', bitWidth: 32, signed: true }
    case 'long':
      return { name: 'Int', bitWidth: 64, signed: true }
    case 'float':
      return { name: 'FloatingPoint', precision: 'SINGLE' }
    case 'double':
      return { name: 'FloatingPoint', precision: 'DOUBLE' }
    case 'decimal':
      return { name: 'Decimal', precision: type.precision, scale: type.scale, bitWidth: 128 }
    case 'date':
      return { name: 'Date', unit: 'DAY' }
    case 'time':
      return { name: 'Time', unit: 'MICROSECOND', bitWidth: 64 }
    case 'timestamp':
      return { name: 'Timestamp', unit: 'MICROSECOND', timezone: null }
    case 'timestamptz':
      return { name: 'Timestamp', unit: 'MICROSECOND', timezone: 'UTC' }
    case 'string':
      return { name: 'Utf8' }
    case 'uuid':
      return { name: 'FixedSizeBinary', byteWidth: 16 }
    case 'fixed':
      return { name: 'FixedSizeBinary', byteWidth: type.length }
    case 'binary':
      return { name: 'Binary' }
    case 'struct':
      return { name: 'Struct' }
    case 'list':
      return { name: 'List' }
    case 'map':
      return { name: 'Map', keysSorted: false }
  }
}
