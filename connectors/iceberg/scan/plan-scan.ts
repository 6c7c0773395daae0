/** Scan planning: from a table's metadata to the files a reader must open, with the deletes that apply to each. */
import type { ScanFile, ScanPredicate, TableScan, TimeTravel } from '../../../topology/contract/catalog.ts'
import type { FileIO } from '../../../topology/contract/file-io.ts'
import { SluiceError } from '../../../topology/errors.ts'
import type { Json } from '../../../topology/json.ts'
import type { LoadedTable } from '../catalog/iceberg-catalog.ts'
import { FileContent } from '../format/data-file.ts'
import { EntryStatus, type ManifestEntry, readManifest } from '../format/manifest.ts'
import { type ManifestFile, readManifestList } from '../format/manifest-list.ts'
import {
  type PartitionField,
  type PartitionValues,
  printPartitionValue,
  resolvePartitionSpec,
} from '../format/partition-spec.ts'
import { type FieldJson, schemaFromJson } from '../format/schema.ts'
import {
  currentSchema,
  currentSnapshot,
  type SnapshotJson,
  schemaById,
  snapshotAsOf,
  snapshotById,
  specById,
  type TableMetadata,
} from '../format/table-metadata.ts'
import { FilePruner } from './file-pruner.ts'

export interface ScanOptions extends TimeTravel {
  readonly predicates?: readonly ScanPredicate[]
}

/** An entry with the partition spec of its manifest. */
interface PlannedEntry extends ManifestEntry {
  readonly specId: number
  readonly partitionFields: readonly PartitionField[]
}

/**
 * @throws {SluiceError} `SNAPSHOT_NOT_FOUND`, `COLUMN_NOT_FOUND`, and `EQUALITY_DELETES_UNSUPPORTED` or
 * `DELETE_FILE_UNSUPPORTED` for deletes of other writers that no reader here applies.
 */
export async function planScan(fileIO: FileIO, table: LoadedTable, options: ScanOptions = {}): Promise<TableScan> {
  const { metadata, name } = table
  const snapshot = chooseSnapshot(table, options)
  const isTimeTravel = options.snapshotId !== undefined || options.asOfMs !== undefined
  const schema =
    isTimeTravel && snapshot?.['schema-id'] !== undefined
      ? schemaById(metadata, snapshot['schema-id'])
      : currentSchema(metadata)
  const fields = schemaFromJson(schema)
  const pruner = new FilePruner(name, fields, options.predicates ?? [])
  const manifests = snapshot === undefined ? [] : readManifestList(await fileIO.read(snapshot['manifest-list']))
  const pruned = { byPartition: 0, byBounds: 0 }
  const data: PlannedEntry[] = []
  const deletes: PlannedEntry[] = []
  for (const manifest of manifests) {
    const spec = specById(metadata, manifest.partitionSpecId)
    const partitionFields = resolvePartitionSpec(spec, allFields(metadata))
    const matches = pruner.forSpec(partitionFields)
    if (!matches.manifestMayMatch(manifest.partitions)) {
      if (manifest.content === 'data') pruned.byPartition += manifest.addedFilesCount + manifest.existingFilesCount
      continue
    }
    for (const entry of await liveEntries(fileIO, manifest, partitionFields)) {
      const planned = { ...entry, specId: manifest.partitionSpecId, partitionFields }
      if (!matches.partitionMayMatch(entry.dataFile.partition)) {
        if (manifest.content === 'data') pruned.byPartition++
      } else if (manifest.content === 'deletes') deletes.push(checkDelete(name, planned))
      else if (pruner.boundsMayMatch(entry.dataFile)) data.push(planned)
      else pruned.byBounds++
    }
  }
  const watermark = snapshot?.summary?.['sluice.watermark-ms']
  return {
    table: name,
    snapshotId: snapshot?.['snapshot-id'],
    fields,
    files: data.map((entry) => scanFile(entry, deletes)),
    pruned,
    watermarkMs: watermark === undefined ? undefined : Number(watermark),
  }
}

function chooseSnapshot(table: LoadedTable, { snapshotId, asOfMs }: TimeTravel): SnapshotJson | undefined {
  const { metadata, name } = table
  if (snapshotId !== undefined) {
    const snapshot = snapshotById(metadata, snapshotId)
    if (snapshot === undefined) throw snapshotNotFound(name, `no snapshot ${snapshotId}`)
    return snapshot
  }
  if (asOfMs === undefined) return currentSnapshot(metadata)
  const snapshot = snapshotAsOf(metadata, asOfMs)
  if (snapshot === undefined) throw snapshotNotFound(name, `no snapshot as old as ${new Date(asOfMs).toISOString()}`)
  return snapshot
}

function snapshotNotFound(table: string, reason: string): SluiceError {
  return new SluiceError('SNAPSHOT_NOT_FOUND', `table ${table} has ${reason}`, {
    fix: 'List the snapshots there are with: runtime table NAME. Expired ones cannot be read.',
    details: { table },
  })
}

/** Partition sources may be columns that only an older schema has: ids are never reused, so all schemas together serve. */
function allFields(metadata: TableMetadata) {
  const byId = new Map<number, FieldJson>()
  for (const schema of metadata.schemas) for (const field of schema.fields) byId.set(field.id, field)
  for (const field of currentSchema(metadata).fields) byId.set(field.id, field)
  return schemaFromJson({ fields: [...byId.values()] })
}

async function liveEntries(
  fileIO: FileIO,
  manifest: ManifestFile,
  partitionFields: readonly PartitionField[],
): Promise<ManifestEntry[]> {
  const entries = readManifest(await fileIO.read(manifest.manifestPath), manifest, partitionFields)
  return entries.filter((entry) => entry.status !== EntryStatus.deleted)
}

function checkDelete(table: string, entry: PlannedEntry): PlannedEntry {
  const { content, filePath, fileFormat } = entry.dataFile
  if (content === FileContent.equalityDeletes) {
    throw new SluiceError('EQUALITY_DELETES_UNSUPPORTED', `table ${table} has equality deletes (${filePath})`, {
      fix: 'Compact the table with the engine that wrote them (Spark: rewrite_data_files), then read it again.',
      details: { table, location: filePath },
    })
  }
  if (fileFormat.toUpperCase() !== 'PARQUET') {
    throw new SluiceError(
      'DELETE_FILE_UNSUPPORTED',
      `table ${table} has a delete file in ${fileFormat} (${filePath})`,
      {
        fix: 'Compact the table with the engine that wrote it, then read it again.',
        details: { table, location: filePath },
      },
    )
  }
  return entry
}

function scanFile(entry: PlannedEntry, deletes: readonly PlannedEntry[]): ScanFile {
  const { dataFile, partitionFields } = entry
  return {
    location: dataFile.filePath,
    sizeBytes: dataFile.fileSizeInBytes,
    rowCount: dataFile.recordCount,
    partition: partitionJson(partitionFields, dataFile.partition),
    deleteFiles: deletes.filter((candidate) => applies(candidate, entry)).map(({ dataFile: { filePath } }) => filePath),
  }
}

/** Position deletes reach files of their own partition that are not newer; unpartitioned ones, like any, only their own. */
function applies(candidate: PlannedEntry, data: PlannedEntry): boolean {
  const { referencedDataFile, partition } = candidate.dataFile
  if ((candidate.sequenceNumber ?? 0n) < (data.sequenceNumber ?? 0n)) return false
  if (referencedDataFile !== undefined) return referencedDataFile === data.dataFile.filePath
  return (
    candidate.specId === data.specId && samePartition(candidate.partitionFields, partition, data.dataFile.partition)
  )
}

function samePartition(fields: readonly PartitionField[], a: PartitionValues, b: PartitionValues): boolean {
  return JSON.stringify(partitionJson(fields, a)) === JSON.stringify(partitionJson(fields, b))
}

function partitionJson(fields: readonly PartitionField[], values: PartitionValues): Json {
  return Object.fromEntries(
    fields.map((field, i) => [field.name, values[i] === null ? null : printPartitionValue(field, values[i]!)]),
  )
}
