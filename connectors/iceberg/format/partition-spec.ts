/** Partition specs: how a table's terms become fields, partition values and directory names. */
import { Buffer } from 'node:buffer'
import { SluiceError } from '../../../topology/errors.ts'
import { nearestName } from '../../../topology/nearest-name.ts'
import { formatDecimal } from '../../../topology/schema/decimal.ts'
import type { Field, PrimitiveType } from '../../../topology/schema/types.ts'
import type { PartitionTerm } from '../../../topology/table.ts'
import {
  bindTransform,
  parseTransform,
  printTransform,
  type Transform,
  transformOf,
  transformResultType,
} from './transform.ts'
import type { Value } from './value.ts'

/** A partition spec as table metadata holds it. */
export interface PartitionSpecJson {
  readonly 'spec-id': number
  readonly fields: readonly PartitionFieldJson[]
}

export interface PartitionFieldJson {
  readonly name: string
  readonly transform: string
  readonly 'source-id': number
  readonly 'field-id': number
}

/** A partition field, resolved against a schema. */
export interface PartitionField {
  readonly fieldId: number
  readonly name: string
  readonly transform: Transform
  readonly source: Field
  readonly sourceType: PrimitiveType
  readonly resultType: PrimitiveType
}

/** One value per field of the spec. */
export type PartitionValues = readonly (Value | null)[]

/** Partition field ids begin here; a table without any has this less one as its last-partition-id. */
export const FIRST_PARTITION_FIELD_ID = 1000

/** A spec of `terms` over numbered fields. @throws {SluiceError} `PARTITION_INVALID` naming the term. */
export function partitionSpecOf(specId: number, terms: readonly PartitionTerm[], fields: readonly Field[]) {
  const names = new Set<string>()
  const specFields = terms.map((term, index): PartitionFieldJson => {
    const source = fields.find((field) => field.name === term.field)
    if (source === undefined) {
      const nearest = nearestName(
        term.field,
        fields.map((field) => field.name),
      )
      throw invalid(`no column '${term.field}' to partition by`, nearest && `Did you mean '${nearest}'?`)
    }
    const transform = transformOf(term)
    bindTransform(transform, primitive(source))
    const name = partitionFieldName(term)
    const taken = names.has(name) || (transform.kind !== 'identity' && fields.some((field) => field.name === name))
    if (taken)
      throw invalid(`partition field name '${name}' is taken`, 'Leave one of the terms out, or rename the column.')
    names.add(name)
    return {
      name,
      transform: printTransform(transform),
      'source-id': source.id,
      'field-id': FIRST_PARTITION_FIELD_ID + index,
    }
  })
  return { 'spec-id': specId, fields: specFields } satisfies PartitionSpecJson
}

export function resolvePartitionSpec(spec: PartitionSpecJson, fields: readonly Field[]): PartitionField[] {
  return spec.fields.map((field) => {
    const source = findField(fields, field['source-id'])
    if (source === undefined) {
      throw invalid(`partition field '${field.name}' names column id ${field['source-id']}, which is not in the schema`)
    }
    const transform = parseTransform(field.transform)
    const sourceType = primitive(source)
    return {
      fieldId: field['field-id'],
      name: field.name,
      transform,
      source,
      sourceType,
      resultType: transformResultType(transform, sourceType),
    }
  })
}

/** The spec as a job would write it. */
export function partitionTerms(fields: readonly PartitionField[]): PartitionTerm[] {
  return fields.map(({ transform, source }): PartitionTerm => {
    switch (transform.kind) {
      case 'bucket':
        return { field: source.name, transform: 'bucket', buckets: transform.buckets }
      case 'truncate':
        return { field: source.name, transform: 'truncate', width: transform.width }
      default:
        return { field: source.name, transform: transform.kind }
    }
  })
}

/** The directory of a partition, as other writers lay it out: `day=2026-11-23/name=a%2Fb`; empty without fields. */
export function partitionPath(fields: readonly PartitionField[], values: PartitionValues): string {
  return fields
    .map((field, i) => `${escapePathPart(field.name)}=${escapePathPart(printPartitionValue(field, values[i]!))}`)
    .join('/')
}

/** A partition value for people: dates and times in ISO 8601, binary in base64. */
export function printPartitionValue(field: PartitionField, value: Value | null): string {
  if (value === null) return 'null'
  switch (field.transform.kind) {
    case 'year':
      return isoDay(Date.UTC(1970 + (value as number), 0)).slice(0, -6)
    case 'month':
      return isoDay(Date.UTC(1970, value as number)).slice(0, -3)
    case 'hour':
      return new Date((value as number) * 3_600_000).toISOString().slice(0, -11).replace('T', '-')
    default:
      return printValue(field.resultType, value)
  }
}

function printValue(type: PrimitiveType, value: Value): string {
  switch (type.kind) {
    case 'date':
      return isoDay((value as number) * 86_400_000)
    case 'time':
      return isoMicros(value as bigint).slice(11)
    case 'timestamp':
      return isoMicros(value as bigint)
    case 'timestamptz':
      return `${isoMicros(value as bigint)}+00:00`
    case 'decimal':
      return formatDecimal(value as bigint, type.scale)
    case 'fixed':
    case 'binary':
      return Buffer.from(value as Uint8Array).toString('base64')
    default:
      return String(value)
  }
}

function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, -14)
}

function isoMicros(micros: bigint): string {
  const subMillisecond = ((micros % 1000n) + 1000n) % 1000n
  const iso = new Date(Number((micros - subMillisecond) / 1000n)).toISOString()
  return `${iso.slice(0, -1)}${subMillisecond.toString().padStart(3, '0')}`
}

/** File systems allow 255 bytes a name; the partition's values are in the manifest, so that a shorter name loses nothing. */
const MAX_PATH_PART = 200

/** Form encoding, as java.net.URLEncoder does it: Iceberg's Java writer names directories so. */
function escapePathPart(text: string): string {
  const escaped = encodeURIComponent(text.toWellFormed())
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
  return escaped.slice(0, MAX_PATH_PART)
}

function partitionFieldName(term: PartitionTerm): string {
  switch (term.transform) {
    case 'identity':
      return term.field
    case 'truncate':
      return `${term.field}_trunc`
    case 'void':
      return `${term.field}_null`
    default:
      return `${term.field}_${term.transform}`
  }
}

/** A field by id, also inside structs, where partition sources may lie. */
function findField(fields: readonly Field[], id: number): Field | undefined {
  for (const field of fields) {
    if (field.id === id) return field
    const nested = field.type.kind === 'struct' ? findField(field.type.fields, id) : undefined
    if (nested !== undefined) return nested
  }
  return undefined
}

function primitive(field: Field): PrimitiveType {
  const { type } = field
  if (type.kind === 'struct' || type.kind === 'list' || type.kind === 'map') {
    throw invalid(`column '${field.name}' is a ${type.kind}; only primitive columns partition a table`)
  }
  return type
}

function invalid(message: string, fix?: string): SluiceError {
  return new SluiceError('PARTITION_INVALID', message, { fix: fix || 'Correct the table’s partitionBy.' })
}
