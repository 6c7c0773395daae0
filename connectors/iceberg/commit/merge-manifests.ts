/** Keeping the manifest list short: every append adds a manifest, and a scan opens them all. */
import type { FileIO } from '../../../topology/contract/file-io.ts'
import { EntryStatus, type ManifestEntry, readManifest, writeManifest } from '../format/manifest.ts'
import { describeManifest, type ManifestFile } from '../format/manifest-list.ts'
import { resolvePartitionSpec } from '../format/partition-spec.ts'
import { schemaFromJson } from '../format/schema.ts'
import { currentSchema, specById, type TableMetadata } from '../format/table-metadata.ts'

/** A list may name this many manifests before small ones are merged. */
const MAX_MANIFESTS = 100
/** A manifest of this size is left alone. */
const TARGET_BYTES = 8n << 20n

export interface MergeTarget {
  readonly snapshotId: bigint
  readonly sequenceNumber: bigint
  /** Where the manifest with this number goes. */
  location(index: number): string
}

export interface MergedManifests {
  readonly manifests: readonly ManifestFile[]
  /** Locations of the manifests that merging has written. */
  readonly written: readonly string[]
}

/** Merges the small data manifests of earlier snapshots, partition spec by partition spec; newest manifests first. */
export async function mergeManifests(
  fileIO: FileIO,
  metadata: TableMetadata,
  manifests: readonly ManifestFile[],
  target: MergeTarget,
): Promise<MergedManifests> {
  if (manifests.length <= MAX_MANIFESTS) return { manifests, written: [] }
  const isSmall = (manifest: ManifestFile) =>
    manifest.content === 'data' &&
    manifest.manifestLength < TARGET_BYTES &&
    manifest.addedSnapshotId !== target.snapshotId
  const merged: ManifestFile[] = []
  for (const bin of bins(manifests.filter(isSmall))) {
    merged.push(await mergeBin(fileIO, metadata, bin, { ...target, location: () => target.location(merged.length) }))
  }
  return {
    manifests: [...manifests.filter((manifest) => !isSmall(manifest)), ...merged],
    written: merged.map((manifest) => manifest.manifestPath),
  }
}

/** Manifests of one spec that together stay near the target size. */
function bins(manifests: readonly ManifestFile[]): ManifestFile[][] {
  const bins: ManifestFile[][] = []
  const filling = new Map<number, { readonly bin: ManifestFile[]; bytes: bigint }>()
  for (const manifest of manifests) {
    let current = filling.get(manifest.partitionSpecId)
    if (current === undefined || current.bytes + manifest.manifestLength > TARGET_BYTES) {
      current = { bin: [], bytes: 0n }
      filling.set(manifest.partitionSpecId, current)
      bins.push(current.bin)
    }
    current.bin.push(manifest)
    current.bytes += manifest.manifestLength
  }
  return bins
}

async function mergeBin(
  fileIO: FileIO,
  metadata: TableMetadata,
  bin: readonly ManifestFile[],
  target: MergeTarget,
): Promise<ManifestFile> {
  const specId = bin[0]!.partitionSpecId
  const spec = specById(metadata, specId)
  const schema = currentSchema(metadata)
  const partitionFields = resolvePartitionSpec(spec, schemaFromJson(schema))
  const entries: ManifestEntry[] = []
  for (const manifest of bin) {
    for (const entry of readManifest(await fileIO.read(manifest.manifestPath), manifest, partitionFields)) {
      if (entry.status !== EntryStatus.deleted) entries.push({ ...entry, status: EntryStatus.existing })
    }
  }
  const bytes = writeManifest({ schema, spec, content: 'data' }, partitionFields, entries)
  const location = target.location(0)
  await fileIO.write(location, bytes)
  return describeManifest(
    { location, sizeBytes: bytes.length, specId, content: 'data' },
    target,
    partitionFields,
    entries,
  )
}
