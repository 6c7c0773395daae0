/**
 * Manifests: Avro files that list data files or delete files of one partition spec, with their status and metrics.
 *
 * An ADDED entry carries no sequence numbers: it inherits its manifest's from the manifest list, so that the manifest
 * can be kept when the commit is retried. EXISTING and DELETED entries carry theirs.
 */
import { Buffer } from 'node:buffer'
import { type AvroSchema, readAvroFile, writeAvroFile } from './avro-file.ts'
import { type ColumnMap, type DataFile, FileContent } from './data-file.ts'
import { partitionAvroSchema, partitionFromAvro, partitionToAvro } from './partition-avro.ts'
import type { PartitionField, PartitionSpecJson } from './partition-spec.ts'
import type { SchemaJson } from './schema.ts'

export const EntryStatus = { existing: 0, added: 1, deleted: 2 } as const
export type EntryStatus = (typeof EntryStatus)[keyof typeof EntryStatus]

export interface ManifestEntry {
  readonly status: EntryStatus
  readonly snapshotId: bigint
  /** Undefined: inherited. */
  readonly sequenceNumber: bigint | undefined
  readonly fileSequenceNumber: bigint | undefined
  readonly dataFile: DataFile
}

/** What a manifest's header says of it. */
export interface ManifestHeader {
  readonly schema: SchemaJson
  readonly spec: PartitionSpecJson
  readonly content: 'data' | 'deletes'
}

/** What entries without their own inherit: it stands in the manifest list's row of their manifest. */
export interface Inherited {
  readonly addedSnapshotId: bigint
  readonly sequenceNumber: bigint
}

export function writeManifest(
  header: ManifestHeader,
  partitionFields: readonly PartitionField[],
  entries: readonly ManifestEntry[],
): Uint8Array {
  const metadata = {
    schema: JSON.stringify(header.schema),
    'schema-id': String(header.schema['schema-id']),
    'partition-spec': JSON.stringify(header.spec.fields),
    'partition-spec-id': String(header.spec['spec-id']),
    'format-version': '2',
    content: header.content,
  }
  const records = entries.map((entry) => ({
    status: entry.status,
    snapshot_id: entry.snapshotId,
    sequence_number: entry.sequenceNumber ?? null,
    file_sequence_number: entry.fileSequenceNumber ?? null,
    data_file: dataFileToAvro(entry.dataFile, partitionFields),
  }))
  return writeAvroFile(entrySchema(partitionFields), metadata, records)
}

/** Reads a manifest of version 1 or 2. */
export function readManifest(
  bytes: Uint8Array,
  inherited: Inherited,
  partitionFields: readonly PartitionField[],
): ManifestEntry[] {
  const file = readAvroFile(bytes)
  const names = partitionNames(file.schema)
  return file.records.map((record) => {
    const inherits = record.status === EntryStatus.added
    return {
      status: record.status,
      snapshotId: record.snapshot_id ?? inherited.addedSnapshotId,
      sequenceNumber: record.sequence_number ?? (inherits ? inherited.sequenceNumber : 0n),
      fileSequenceNumber: record.file_sequence_number ?? (inherits ? inherited.sequenceNumber : 0n),
      dataFile: dataFileFromAvro(record.data_file, partitionFields, names),
    }
  })
}

function entrySchema(partitionFields: readonly PartitionField[]): AvroSchema {
  return record('manifest_entry', [
    field(0, 'status', 'int'),
    optional(1, 'snapshot_id', 'long'),
    optional(3, 'sequence_number', 'long'),
    optional(4, 'file_sequence_number', 'long'),
    field(2, 'data_file', dataFileSchema(partitionFields)),
  ])
}

function dataFileSchema(partitionFields: readonly PartitionField[]): AvroSchema {
  return record('r2', [
    field(134, 'content', 'int'),
    field(100, 'file_path', 'string'),
    field(101, 'file_format', 'string'),
    field(102, 'partition', partitionAvroSchema(partitionFields)),
    field(103, 'record_count', 'long'),
    field(104, 'file_size_in_bytes', 'long'),
    optional(108, 'column_sizes', columnMap(117, 118, 'long')),
    optional(109, 'value_counts', columnMap(119, 120, 'long')),
    optional(110, 'null_value_counts', columnMap(121, 122, 'long')),
    optional(137, 'nan_value_counts', columnMap(138, 139, 'long')),
    optional(125, 'lower_bounds', columnMap(126, 127, 'bytes')),
    optional(128, 'upper_bounds', columnMap(129, 130, 'bytes')),
    optional(132, 'split_offsets', { type: 'array', items: 'long', 'element-id': 133 }),
    optional(135, 'equality_ids', { type: 'array', items: 'int', 'element-id': 136 }),
    optional(140, 'sort_order_id', 'int'),
    optional(143, 'referenced_data_file', 'string'),
  ])
}

/** Avro's maps have string keys only: a map by column id is an array of pairs. */
function columnMap(keyId: number, valueId: number, value: string): AvroSchema {
  return {
    type: 'array',
    logicalType: 'map',
    items: record(`k${keyId}_v${valueId}`, [field(keyId, 'key', 'int'), field(valueId, 'value', value)]),
  }
}

function record(name: string, fields: readonly AvroSchema[]): AvroSchema {
  return { type: 'record', name, fields }
}

function field(id: number, name: string, type: AvroSchema): AvroSchema {
  return { name, type, 'field-id': id }
}

function optional(id: number, name: string, type: AvroSchema): AvroSchema {
  return { name, type: ['null', type], default: null, 'field-id': id }
}

function dataFileToAvro(file: DataFile, partitionFields: readonly PartitionField[]): Record<string, unknown> {
  return {
    content: file.content,
    file_path: file.filePath,
    file_format: file.fileFormat,
    partition: partitionToAvro(partitionFields, file.partition),
    record_count: file.recordCount,
    file_size_in_bytes: file.fileSizeInBytes,
    column_sizes: pairs(file.columnSizes),
    value_counts: pairs(file.valueCounts),
    null_value_counts: pairs(file.nullValueCounts),
    nan_value_counts: pairs(file.nanValueCounts),
    lower_bounds: bytePairs(file.lowerBounds),
    upper_bounds: bytePairs(file.upperBounds),
    split_offsets: file.splitOffsets ?? null,
    equality_ids: file.equalityIds ?? null,
    sort_order_id: file.sortOrderId ?? null,
    referenced_data_file: file.referencedDataFile ?? null,
  }
}

function dataFileFromAvro(
  record: any,
  partitionFields: readonly PartitionField[],
  names: ReadonlyMap<number, string>,
): DataFile {
  return {
    content: record.content ?? FileContent.data,
    filePath: record.file_path,
    fileFormat: record.file_format,
    partition: partitionFromAvro(partitionFields, names, record.partition),
    recordCount: record.record_count,
    fileSizeInBytes: record.file_size_in_bytes,
    columnSizes: columnMapOf(record.column_sizes),
    valueCounts: columnMapOf(record.value_counts),
    nullValueCounts: columnMapOf(record.null_value_counts),
    nanValueCounts: columnMapOf(record.nan_value_counts),
    lowerBounds: columnMapOf(record.lower_bounds),
    upperBounds: columnMapOf(record.upper_bounds),
    splitOffsets: record.split_offsets ?? undefined,
    equalityIds: record.equality_ids ?? undefined,
    sortOrderId: record.sort_order_id ?? undefined,
    referencedDataFile: record.referenced_data_file ?? undefined,
  }
}

function pairs<V>(map: ColumnMap<V> | undefined): { key: number; value: V }[] | null {
  return map === undefined ? null : Array.from(map, ([key, value]) => ({ key, value }))
}

function bytePairs(map: ColumnMap<Uint8Array> | undefined): { key: number; value: Buffer }[] | null {
  return map === undefined ? null : Array.from(map, ([key, value]) => ({ key, value: Buffer.from(value) }))
}

function columnMapOf<V>(entries: readonly { key: number; value: V }[] | null | undefined): ColumnMap<V> | undefined {
  return entries ? new Map(entries.map((entry) => [entry.key, entry.value])) : undefined
}

/** The Avro names of the partition struct's fields by field id, from the file's own schema. */
function partitionNames(schema: AvroSchema): ReadonlyMap<number, string> {
  type Named = { readonly name: string; readonly type: any; readonly 'field-id'?: number }
  const member = (fields: readonly Named[], name: string) => fields.find((candidate) => candidate.name === name)?.type
  const dataFile = member((schema as { fields: Named[] }).fields, 'data_file')
  const partition = member(dataFile?.fields ?? [], 'partition')
  return new Map((partition?.fields ?? []).map((named: Named) => [named['field-id'], named.name]))
}
