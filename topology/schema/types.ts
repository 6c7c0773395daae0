/**
 * The logical types of a record: Iceberg v2's, from which the Arrow, Avro, Parquet and JSON forms are derived.
 *
 * Field ids are stable for the life of a table; -1 marks a field that no table has numbered yet.
 * Values in memory: boolean; int, date (days), float, double → number; long, time, timestamp, timestamptz
 * (microseconds) → bigint; decimal(p ≤ 15) → scaled integer in a number, wider → scaled bigint; string, uuid → string;
 * fixed, binary → Uint8Array; struct → object; list → array; map → Map. Absent is null.
 */

export type PrimitiveType =
  | { readonly kind: 'boolean' | 'int' | 'long' | 'float' | 'double' }
  | { readonly kind: 'date' | 'time' | 'timestamp' | 'timestamptz' }
  | { readonly kind: 'string' | 'uuid' | 'binary' }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'fixed'; readonly length: number }

export interface StructType {
  readonly kind: 'struct'
  readonly fields: readonly Field[]
  /** Unknown fields of the JSON form are accepted, and left out of the row. No part of a table's schema. */
  readonly open?: boolean
}

export interface ListType {
  readonly kind: 'list'
  readonly elementId: number
  readonly element: DataType
  readonly elementRequired: boolean
  /** As Field.int53, of the elements. */
  readonly elementInt53?: boolean
}

export interface MapType {
  readonly kind: 'map'
  readonly keyId: number
  readonly key: DataType
  readonly valueId: number
  readonly value: DataType
  readonly valueRequired: boolean
  /** As Field.int53, of the keys and of the values. */
  readonly keyInt53?: boolean
  readonly valueInt53?: boolean
}

export type DataType = PrimitiveType | StructType | ListType | MapType

/** A type where it stands: as a record, a field, an element, or a value of its own. */
export interface ValueType {
  readonly type: DataType
  /** Whether null is none of its values. */
  readonly required: boolean
  /** As Field.int53. */
  readonly int53: boolean
}

export interface Field {
  readonly id: number
  readonly name: string
  readonly required: boolean
  readonly type: DataType
  readonly doc?: string
  /** A long that is declared to stay within ±(2^53 − 1) and so is a number in memory. */
  readonly int53?: boolean
}

/** The largest precision of a decimal that is kept as a scaled integer in a number; wider ones are bigints. */
export const NUMBER_DECIMAL_PRECISION = 15

/** The largest precision Iceberg knows. */
export const MAX_DECIMAL_PRECISION = 38
