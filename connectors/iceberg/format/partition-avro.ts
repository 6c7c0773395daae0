/** Partition values in Avro (spec, Appendix A): the struct that a manifest's data_file carries. */
import { Buffer } from 'node:buffer'
import { avroName, decimalSizeBytes } from '../../../topology/schema/avro.ts'
import type { PrimitiveType } from '../../../topology/schema/types.ts'
import type { AvroSchema } from './avro-file.ts'
import type { PartitionField, PartitionValues } from './partition-spec.ts'
import { unscaledBytes, unscaledValue, uuidBytes, uuidText } from './single-value.ts'
import type { Value } from './value.ts'

/** The record r102. */
export function partitionAvroSchema(fields: readonly PartitionField[]): AvroSchema {
  return {
    type: 'record',
    name: 'r102',
    fields: fields.map((field) => ({
      name: avroName(field.name),
      type: ['null', avroType(field)],
      default: null,
      'field-id': field.fieldId,
    })),
  }
}

export function partitionToAvro(fields: readonly PartitionField[], values: PartitionValues): Record<string, unknown> {
  return Object.fromEntries(
    fields.map((field, i) => [avroName(field.name), toAvro(field.resultType, values[i] ?? null)]),
  )
}

/** `names` tells the Avro name of each partition field id in the file being read: other writers may spell them otherwise. */
export function partitionFromAvro(
  fields: readonly PartitionField[],
  names: ReadonlyMap<number, string>,
  record: Readonly<Record<string, unknown>>,
): PartitionValues {
  return fields.map((field) => {
    const name = names.get(field.fieldId)
    return name === undefined ? null : fromAvro(field.resultType, record[name])
  })
}

function avroType(field: PartitionField): AvroSchema {
  const type = field.resultType
  switch (type.kind) {
    case 'date':
      return { type: 'int', logicalType: 'date' }
    case 'time':
      return { type: 'long', logicalType: 'time-micros' }
    case 'timestamp':
    case 'timestamptz':
      return { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': type.kind === 'timestamptz' }
    case 'uuid':
      return { type: 'fixed', name: `uuid_fixed_${field.fieldId}`, size: 16, logicalType: 'uuid' }
    case 'fixed':
      return { type: 'fixed', name: `fixed_${field.fieldId}`, size: type.length }
    case 'binary':
      return 'bytes'
    case 'decimal':
      return {
        type: 'fixed',
        name: `decimal_${field.fieldId}`,
        size: decimalSizeBytes(type.precision),
        logicalType: 'decimal',
        precision: type.precision,
        scale: type.scale,
      }
    default:
      return type.kind
  }
}

function toAvro(type: PrimitiveType, value: Value | null): unknown {
  if (value === null) return null
  switch (type.kind) {
    case 'decimal':
      return Buffer.from(unscaledBytes(value as bigint, decimalSizeBytes(type.precision)))
    case 'uuid':
      return Buffer.from(uuidBytes(value as string))
    case 'fixed':
    case 'binary':
      return Buffer.from(value as Uint8Array)
    default:
      return value
  }
}

function fromAvro(type: PrimitiveType, value: unknown): Value | null {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'decimal':
      return unscaledValue(value as Uint8Array)
    case 'uuid':
      return uuidText(value as Uint8Array)
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return BigInt(value as bigint | number)
    default:
      return value as Value
  }
}
