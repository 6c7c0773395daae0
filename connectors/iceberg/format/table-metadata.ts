/**
 * Table metadata, format version 2, as its JSON spells it: members we do not know survive a rewrite.
 *
 * Snapshot ids and sequence numbers are bigint.
 */
import { randomUUID } from 'node:crypto'
import { SluiceError } from '../../../topology/errors.ts'
import type { TableReference } from '../../../topology/table.ts'
import { assignFreshIds } from './field-ids.ts'
import { parseJson } from './json.ts'
import { FIRST_PARTITION_FIELD_ID, type PartitionSpecJson, partitionSpecOf } from './partition-spec.ts'
import { type SchemaJson, schemaToJson } from './schema.ts'

export interface TableMetadata {
  readonly 'format-version': number
  readonly 'table-uuid': string
  readonly location: string
  readonly 'last-sequence-number': bigint
  readonly 'last-updated-ms': number
  readonly 'last-column-id': number
  readonly schemas: readonly SchemaJson[]
  readonly 'current-schema-id': number
  readonly 'partition-specs': readonly PartitionSpecJson[]
  readonly 'default-spec-id': number
  readonly 'last-partition-id': number
  readonly properties?: Readonly<Record<string, string>>
  /** −1 or absent: none. */
  readonly 'current-snapshot-id'?: bigint | null
  readonly snapshots?: readonly SnapshotJson[]
  readonly 'snapshot-log'?: readonly { readonly 'timestamp-ms': number; readonly 'snapshot-id': bigint }[]
  readonly 'metadata-log'?: readonly { readonly 'timestamp-ms': number; readonly 'metadata-file': string }[]
  readonly 'sort-orders': readonly { readonly 'order-id': number; readonly fields: readonly unknown[] }[]
  readonly 'default-sort-order-id': number
  readonly refs?: Readonly<Record<string, SnapshotRef>>
}

export interface SnapshotJson {
  readonly 'snapshot-id': bigint
  readonly 'parent-snapshot-id'?: bigint
  readonly 'sequence-number': bigint
  readonly 'timestamp-ms': number
  readonly 'manifest-list': string
  readonly summary: Readonly<Record<string, string>> & { readonly operation: string }
  readonly 'schema-id'?: number
}

export interface SnapshotRef {
  readonly 'snapshot-id': bigint
  readonly type: 'branch' | 'tag'
}

/** Set on tables made here, unless the job says otherwise. */
const DEFAULT_PROPERTIES: Readonly<Record<string, string>> = {
  'write.format.default': 'parquet',
  'write.parquet.compression-codec': 'zstd',
  'write.metadata.delete-after-commit.enabled': 'true',
  'write.metadata.previous-versions-max': '100',
}

/** The metadata of a new table: field ids assigned afresh, no snapshot. */
export function newTableMetadata(table: TableReference, location: string, nowMs: number): TableMetadata {
  const ids = { last: 0 }
  const fields = assignFreshIds(table.fields, ids)
  const spec = partitionSpecOf(0, table.partitionBy, fields)
  return {
    'format-version': 2,
    'table-uuid': randomUUID(),
    location,
    'last-sequence-number': 0n,
    'last-updated-ms': nowMs,
    'last-column-id': ids.last,
    schemas: [schemaToJson(0, fields)],
    'current-schema-id': 0,
    'partition-specs': [spec],
    'default-spec-id': 0,
    'last-partition-id': FIRST_PARTITION_FIELD_ID + spec.fields.length - 1,
    properties: { ...DEFAULT_PROPERTIES, ...table.properties },
    'current-snapshot-id': -1n,
    snapshots: [],
    'snapshot-log': [],
    'metadata-log': [],
    'sort-orders': [{ 'order-id': 0, fields: [] }],
    'default-sort-order-id': 0,
    refs: {},
  }
}

/** @throws {SluiceError} `FORMAT_UNSUPPORTED` for another version than 2, `METADATA_INVALID` for what is no metadata. */
export function parseTableMetadata(text: string, location: string): TableMetadata {
  let metadata: TableMetadata
  try {
    metadata = parseJson(text) as TableMetadata
  } catch (cause) {
    throw new SluiceError('METADATA_INVALID', `table metadata ${location} is no JSON`, {
      cause,
      fix: 'The file is damaged: restore it, or point the catalog at the metadata file before it.',
      details: { location },
    })
  }
  if (metadata['format-version'] !== 2) {
    throw new SluiceError(
      'FORMAT_UNSUPPORTED',
      `table metadata ${location} has format version ${metadata['format-version']}; only version 2 is supported`,
      {
        fix: 'Upgrade a version 1 table with its own engine; a version 3 table needs a later release.',
        details: { location },
      },
    )
  }
  return metadata
}

export function currentSchema(metadata: TableMetadata): SchemaJson {
  return schemaById(metadata, metadata['current-schema-id'])
}

export function schemaById(metadata: TableMetadata, schemaId: number): SchemaJson {
  return found(
    metadata.schemas.find((schema) => schema['schema-id'] === schemaId),
    metadata,
    `schema ${schemaId}`,
  )
}

export function specById(metadata: TableMetadata, specId: number): PartitionSpecJson {
  const spec = metadata['partition-specs'].find((candidate) => candidate['spec-id'] === specId)
  return found(spec, metadata, `partition spec ${specId}`)
}

/** The snapshot of the branch main; undefined while the table has none. */
export function currentSnapshot(metadata: TableMetadata): SnapshotJson | undefined {
  const id = metadata.refs?.['main']?.['snapshot-id'] ?? metadata['current-snapshot-id']
  return id === undefined || id === null || id === -1n ? undefined : snapshotById(metadata, id)
}

export function snapshotById(metadata: TableMetadata, snapshotId: bigint): SnapshotJson | undefined {
  return metadata.snapshots?.find((snapshot) => snapshot['snapshot-id'] === snapshotId)
}

/** The snapshot that was current at `timestampMs`, by the snapshot log; undefined before the first. */
export function snapshotAsOf(metadata: TableMetadata, timestampMs: number): SnapshotJson | undefined {
  const entry = metadata['snapshot-log']?.findLast((logged) => logged['timestamp-ms'] <= timestampMs)
  return entry === undefined ? undefined : snapshotById(metadata, entry['snapshot-id'])
}

function found<T>(part: T | undefined, metadata: TableMetadata, what: string): T {
  if (part !== undefined) return part
  throw new SluiceError('METADATA_INVALID', `table at ${metadata.location} has no ${what}`, {
    fix: 'The metadata is inconsistent, or the checkpoint belongs to a table that was replaced since.',
    details: { location: metadata.location },
  })
}
