/** A table as the CLI and query engines show it. */
import type { SnapshotDescription, TableDescription } from '../../topology/contract/catalog.ts'
import type { LoadedTable } from './catalog/iceberg-catalog.ts'
import { partitionTerms, resolvePartitionSpec } from './format/partition-spec.ts'
import { schemaFromJson } from './format/schema.ts'
import { currentSchema, currentSnapshot, type SnapshotJson, specById } from './format/table-metadata.ts'

/** Totals come from the current snapshot's summary, which every writer that keeps to the specification carries on. */
export function describeTable({ name, metadata, metadataLocation }: LoadedTable): TableDescription {
  const fields = schemaFromJson(currentSchema(metadata))
  const snapshot = currentSnapshot(metadata)
  const total = (key: string) => BigInt(snapshot?.summary?.[key] ?? 0)
  return {
    name,
    location: metadata.location,
    metadataLocation,
    formatVersion: metadata['format-version'],
    fields,
    partitionBy: partitionTerms(resolvePartitionSpec(specById(metadata, metadata['default-spec-id']), fields)),
    properties: metadata.properties ?? {},
    currentSnapshotId: snapshot?.['snapshot-id'],
    snapshots: (metadata.snapshots ?? []).map(describeSnapshot),
    rowCount: total('total-records'),
    fileCount: Number(total('total-data-files')),
    totalSizeBytes: total('total-files-size'),
  }
}

function describeSnapshot(snapshot: SnapshotJson): SnapshotDescription {
  const { operation, ...summary } = snapshot.summary ?? { operation: 'append' }
  return {
    snapshotId: snapshot['snapshot-id'],
    parentSnapshotId: snapshot['parent-snapshot-id'],
    sequenceNumber: snapshot['sequence-number'],
    timestampMs: snapshot['timestamp-ms'],
    operation,
    summary,
  }
}
