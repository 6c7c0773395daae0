/**
 * Producing an append: manifests of the new files, a manifest list, and the metadata that names it.
 *
 * The manifests are written once and kept when the commit is retried, since entries inherit their sequence number; only
 * the list is written again.
 */
import { randomUUID } from 'node:crypto'
import type { FileIO } from '../../../topology/contract/file-io.ts'
import type { LoadedTable } from '../catalog/iceberg-catalog.ts'
import { type DataFile, dataFileFromJson } from '../format/data-file.ts'
import { EntryStatus, type ManifestEntry, writeManifest } from '../format/manifest.ts'
import { describeManifest, type ManifestFile, readManifestList, writeManifestList } from '../format/manifest-list.ts'
import { resolvePartitionSpec } from '../format/partition-spec.ts'
import { schemaFromJson } from '../format/schema.ts'
import { appendSummary } from '../format/snapshot-summary.ts'
import { type SnapshotJson, schemaById, specById, type TableMetadata } from '../format/table-metadata.ts'
import { appendSnapshot, nextTimestampMs } from '../format/table-update.ts'
import type { WrittenFiles } from '../write/committable.ts'
import { mergeManifests } from './merge-manifests.ts'

export interface AppendContext {
  readonly fileIO: FileIO
  readonly faultPoint: (name: string) => void | Promise<void>
}

/** The next version of the metadata, and the files that nobody needs if it is rejected. */
export interface ProducedAppend {
  readonly metadata: TableMetadata
  readonly discardable: readonly string[]
}

/** One append, through all its retries. */
export class Append {
  private readonly context: AppendContext
  private readonly written: readonly WrittenFiles[]
  private readonly commitId = randomUUID()
  private readonly snapshotId = randomSnapshotId()
  private added: { readonly manifests: readonly ManifestFile[]; readonly files: readonly DataFile[] } | undefined
  private attempt = 0

  constructor(context: AppendContext, written: readonly WrittenFiles[]) {
    this.context = context
    this.written = written
  }

  /** Builds on `table`, whose main is at `parent`; writes what is missing. */
  async produce(
    table: LoadedTable,
    parent: SnapshotJson | undefined,
    summary: Readonly<Record<string, string>>,
    nowMs: number,
  ): Promise<ProducedAppend> {
    const { fileIO, faultPoint } = this.context
    const { metadata } = table
    const attempt = ++this.attempt
    const sequenceNumber = metadata['last-sequence-number'] + 1n
    this.added ??= await this.writeManifests(metadata)
    const added = this.added.manifests.map((manifest) => ({
      ...manifest,
      sequenceNumber,
      minSequenceNumber: sequenceNumber,
    }))
    const inherited = parent === undefined ? [] : readManifestList(await fileIO.read(parent['manifest-list']))
    const merged = await mergeManifests(fileIO, metadata, [...added, ...inherited], {
      snapshotId: this.snapshotId,
      sequenceNumber,
      location: (index) => `${metadata.location}/metadata/${this.commitId}-merged-${attempt}-${index}.avro`,
    })
    const parentSnapshotId = parent?.['snapshot-id']
    const list = `${metadata.location}/metadata/snap-${this.snapshotId}-${attempt}-${this.commitId}.avro`
    await fileIO.write(
      list,
      writeManifestList({ snapshotId: this.snapshotId, parentSnapshotId, sequenceNumber }, merged.manifests),
    )
    await faultPoint('iceberg.after-manifest-list')
    const snapshot: SnapshotJson = {
      'snapshot-id': this.snapshotId,
      ...(parentSnapshotId === undefined ? {} : { 'parent-snapshot-id': parentSnapshotId }),
      'sequence-number': sequenceNumber,
      'timestamp-ms': nextTimestampMs(metadata, nowMs),
      'manifest-list': list,
      summary: appendSummary(parent, this.added.files, summary),
      'schema-id': metadata['current-schema-id'],
    }
    return { metadata: appendSnapshot(metadata, snapshot), discardable: [list, ...merged.written] }
  }

  /** One manifest per schema and partition spec that files were written with: there is mostly one of each. */
  private async writeManifests(metadata: TableMetadata) {
    const manifests: ManifestFile[] = []
    const files: DataFile[] = []
    for (const group of groupBySchemaAndSpec(this.written)) {
      const schema = schemaById(metadata, group.schemaId)
      const spec = specById(metadata, group.specId)
      const partitionFields = resolvePartitionSpec(spec, schemaFromJson(schema))
      const groupFiles = group.files.map((file) => dataFileFromJson(file, partitionFields))
      const entries = groupFiles.map(
        (dataFile): ManifestEntry => ({
          status: EntryStatus.added,
          snapshotId: this.snapshotId,
          sequenceNumber: undefined,
          fileSequenceNumber: undefined,
          dataFile,
        }),
      )
      const location = `${metadata.location}/metadata/${this.commitId}-m${manifests.length}.avro`
      const bytes = writeManifest({ schema, spec, content: 'data' }, partitionFields, entries)
      await this.context.faultPoint('iceberg.before-manifest')
      await this.context.fileIO.write(location, bytes)
      manifests.push(
        describeManifest(
          { location, sizeBytes: bytes.length, specId: group.specId, content: 'data' },
          { snapshotId: this.snapshotId, sequenceNumber: metadata['last-sequence-number'] + 1n },
          partitionFields,
          entries,
        ),
      )
      files.push(...groupFiles)
    }
    return { manifests, files }
  }
}

function groupBySchemaAndSpec(written: readonly WrittenFiles[]): WrittenFiles[] {
  const groups = Object.groupBy(written, ({ schemaId, specId }) => `${schemaId}/${specId}`)
  return Object.values(groups).map((group) => ({ ...group![0]!, files: group!.flatMap(({ files }) => files) }))
}

/** 63 random bits, never 0. */
function randomSnapshotId(): bigint {
  const bits = BigInt(`0x${randomUUID().replaceAll('-', '')}`)
  return BigInt.asUintN(63, bits ^ (bits >> 64n)) || 1n
}
