/** Manifest lists: the Avro file of a snapshot that names its manifests, with what is needed to skip one unread. */
import { Buffer } from 'node:buffer'
import { type AvroSchema, readAvroFile, writeAvroFile } from './avro-file.ts'
import { EntryStatus, type ManifestEntry } from './manifest.ts'
import type { PartitionField } from './partition-spec.ts'
import { type FieldSummary, summarizePartitions } from './partition-summary.ts'

/** One row of a manifest list. */
export interface ManifestFile {
  readonly manifestPath: string
  readonly manifestLength: bigint
  readonly partitionSpecId: number
  readonly content: 'data' | 'deletes'
  readonly sequenceNumber: bigint
  readonly minSequenceNumber: bigint
  readonly addedSnapshotId: bigint
  readonly addedFilesCount: number
  readonly existingFilesCount: number
  readonly deletedFilesCount: number
  readonly addedRowsCount: bigint
  readonly existingRowsCount: bigint
  readonly deletedRowsCount: bigint
  readonly partitions: readonly FieldSummary[]
}

const LIST_SCHEMA: AvroSchema = {
  type: 'record',
  name: 'manifest_file',
  fields: [
    { name: 'manifest_path', type: 'string', 'field-id': 500 },
    { name: 'manifest_length', type: 'long', 'field-id': 501 },
    { name: 'partition_spec_id', type: 'int', 'field-id': 502 },
    { name: 'content', type: 'int', 'field-id': 517 },
    { name: 'sequence_number', type: 'long', 'field-id': 515 },
    { name: 'min_sequence_number', type: 'long', 'field-id': 516 },
    { name: 'added_snapshot_id', type: 'long', 'field-id': 503 },
    { name: 'added_files_count', type: 'int', 'field-id': 504 },
    { name: 'existing_files_count', type: 'int', 'field-id': 505 },
    { name: 'deleted_files_count', type: 'int', 'field-id': 506 },
    { name: 'added_rows_count', type: 'long', 'field-id': 512 },
    { name: 'existing_rows_count', type: 'long', 'field-id': 513 },
    { name: 'deleted_rows_count', type: 'long', 'field-id': 514 },
    {
      name: 'partitions',
      type: [
        'null',
        {
          type: 'array',
          'element-id': 508,
          items: {
            type: 'record',
            name: 'r508',
            fields: [
              { name: 'contains_null', type: 'boolean', 'field-id': 509 },
              { name: 'contains_nan', type: ['null', 'boolean'], default: null, 'field-id': 518 },
              { name: 'lower_bound', type: ['null', 'bytes'], default: null, 'field-id': 510 },
              { name: 'upper_bound', type: ['null', 'bytes'], default: null, 'field-id': 511 },
            ],
          },
        },
      ],
      default: null,
      'field-id': 507,
    },
  ],
}

/** The row of a manifest of these entries, which `snapshot` adds. */
export function describeManifest(
  file: {
    readonly location: string
    readonly sizeBytes: number
    readonly specId: number
    readonly content: 'data' | 'deletes'
  },
  snapshot: { readonly snapshotId: bigint; readonly sequenceNumber: bigint },
  partitionFields: readonly PartitionField[],
  entries: readonly ManifestEntry[],
): ManifestFile {
  const { sequenceNumber } = snapshot
  const files = [0, 0, 0]
  const rows = [0n, 0n, 0n]
  let minSequenceNumber = sequenceNumber
  for (const entry of entries) {
    files[entry.status]! += 1
    rows[entry.status]! += entry.dataFile.recordCount
    const own = entry.sequenceNumber ?? sequenceNumber
    if (entry.status !== EntryStatus.deleted && own < minSequenceNumber) minSequenceNumber = own
  }
  return {
    manifestPath: file.location,
    manifestLength: BigInt(file.sizeBytes),
    partitionSpecId: file.specId,
    content: file.content,
    sequenceNumber,
    minSequenceNumber,
    addedSnapshotId: snapshot.snapshotId,
    addedFilesCount: files[EntryStatus.added]!,
    existingFilesCount: files[EntryStatus.existing]!,
    deletedFilesCount: files[EntryStatus.deleted]!,
    addedRowsCount: rows[EntryStatus.added]!,
    existingRowsCount: rows[EntryStatus.existing]!,
    deletedRowsCount: rows[EntryStatus.deleted]!,
    partitions: summarizePartitions(
      partitionFields,
      entries.map((entry) => entry.dataFile.partition),
    ),
  }
}

export function writeManifestList(
  snapshot: {
    readonly snapshotId: bigint
    readonly parentSnapshotId: bigint | undefined
    readonly sequenceNumber: bigint
  },
  manifests: readonly ManifestFile[],
): Uint8Array {
  const metadata = {
    'snapshot-id': String(snapshot.snapshotId),
    'parent-snapshot-id': String(snapshot.parentSnapshotId ?? null),
    'sequence-number': String(snapshot.sequenceNumber),
    'format-version': '2',
  }
  const records = manifests.map((manifest) => ({
    manifest_path: manifest.manifestPath,
    manifest_length: manifest.manifestLength,
    partition_spec_id: manifest.partitionSpecId,
    content: manifest.content === 'data' ? 0 : 1,
    sequence_number: manifest.sequenceNumber,
    min_sequence_number: manifest.minSequenceNumber,
    added_snapshot_id: manifest.addedSnapshotId,
    added_files_count: manifest.addedFilesCount,
    existing_files_count: manifest.existingFilesCount,
    deleted_files_count: manifest.deletedFilesCount,
    added_rows_count: manifest.addedRowsCount,
    existing_rows_count: manifest.existingRowsCount,
    deleted_rows_count: manifest.deletedRowsCount,
    partitions: manifest.partitions.map((summary) => ({
      contains_null: summary.containsNull,
      contains_nan: summary.containsNan ?? null,
      lower_bound: summary.lowerBound === undefined ? null : Buffer.from(summary.lowerBound),
      upper_bound: summary.upperBound === undefined ? null : Buffer.from(summary.upperBound),
    })),
  }))
  return writeAvroFile(LIST_SCHEMA, metadata, records)
}

/** Reads the list of a version 1 or 2 snapshot. Older writers spell some names otherwise and may leave counts out. */
export function readManifestList(bytes: Uint8Array): ManifestFile[] {
  return readAvroFile(bytes).records.map((record) => ({
    manifestPath: record.manifest_path,
    manifestLength: record.manifest_length,
    partitionSpecId: record.partition_spec_id,
    content: record.content === 1 ? 'deletes' : 'data',
    sequenceNumber: record.sequence_number ?? 0n,
    minSequenceNumber: record.min_sequence_number ?? 0n,
    addedSnapshotId: record.added_snapshot_id,
    addedFilesCount: record.added_files_count ?? record.added_data_files_count ?? 0,
    existingFilesCount: record.existing_files_count ?? record.existing_data_files_count ?? 0,
    deletedFilesCount: record.deleted_files_count ?? record.deleted_data_files_count ?? 0,
    addedRowsCount: record.added_rows_count ?? 0n,
    existingRowsCount: record.existing_rows_count ?? 0n,
    deletedRowsCount: record.deleted_rows_count ?? 0n,
    partitions: (record.partitions ?? []).map((summary: any) => ({
      containsNull: summary.contains_null,
      containsNan: summary.contains_nan ?? undefined,
      lowerBound: summary.lower_bound ?? undefined,
      upperBound: summary.upper_bound ?? undefined,
    })),
  }))
}
