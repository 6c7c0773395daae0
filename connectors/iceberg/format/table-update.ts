/** Changes of table metadata: each takes a version and returns the next; nothing is changed in place. */
import type { SchemaJson } from './schema.ts'
import type { SnapshotJson, TableMetadata } from './table-metadata.ts'

/** Adds a snapshot and makes it the head of main. */
export function appendSnapshot(metadata: TableMetadata, snapshot: SnapshotJson): TableMetadata {
  return setMain(
    {
      ...metadata,
      'last-sequence-number': snapshot['sequence-number'],
      snapshots: [...(metadata.snapshots ?? []), snapshot],
    },
    snapshot['snapshot-id'],
    snapshot['timestamp-ms'],
  )
}

/** Points main at a snapshot the table already has: the set-snapshot-ref of a rollback. */
export function setMain(metadata: TableMetadata, snapshotId: bigint, timestampMs: number): TableMetadata {
  return {
    ...metadata,
    'current-snapshot-id': snapshotId,
    'last-updated-ms': timestampMs,
    'snapshot-log': [...(metadata['snapshot-log'] ?? []), { 'timestamp-ms': timestampMs, 'snapshot-id': snapshotId }],
    refs: { ...metadata.refs, main: { ...metadata.refs?.['main'], 'snapshot-id': snapshotId, type: 'branch' } },
  }
}

export function setProperties(metadata: TableMetadata, properties: Readonly<Record<string, string>>): TableMetadata {
  return { ...metadata, properties: { ...metadata.properties, ...properties } }
}

/** Adds a schema and makes it current. */
export function addSchema(metadata: TableMetadata, schema: SchemaJson, lastColumnId: number): TableMetadata {
  return {
    ...metadata,
    schemas: [...metadata.schemas, schema],
    'current-schema-id': schema['schema-id'],
    'last-column-id': Math.max(metadata['last-column-id'], lastColumnId),
  }
}

/** A time for the next version that is not before the last: snapshot logs must not run backwards. */
export function nextTimestampMs(metadata: TableMetadata, nowMs: number): number {
  return Math.max(Math.floor(nowMs), metadata['last-updated-ms'])
}

/** Files of older versions that fell out of the metadata log, and the version without them. */
export interface LoggedMetadata {
  readonly metadata: TableMetadata
  readonly dropped: readonly string[]
}

/** Notes the file of the version before, and keeps write.metadata.previous-versions-max (100) of them. */
export function logPreviousMetadata(next: TableMetadata, base: TableMetadata, baseLocation: string): LoggedMetadata {
  const keep = Math.max(1, Number(next.properties?.['write.metadata.previous-versions-max'] ?? 100))
  const log = [
    ...(base['metadata-log'] ?? []),
    { 'timestamp-ms': base['last-updated-ms'], 'metadata-file': baseLocation },
  ]
  const kept = log.slice(-keep)
  return {
    metadata: { ...next, 'metadata-log': kept },
    dropped: log.slice(0, log.length - kept.length).map((entry) => entry['metadata-file']),
  }
}
