/** The history of a table's main branch, and the way back in it. */
import type { SnapshotJson, TableMetadata } from '../format/table-metadata.ts'
import { currentSnapshot, snapshotById } from '../format/table-metadata.ts'
import { type CheckpointName, type SinkName, sameCheckpoint, snapshotState } from './committed-state.ts'

/** A snapshot and its ancestors, newest first, as far as they have not expired. */
export function* lineageOf(metadata: TableMetadata, head: SnapshotJson | undefined): Iterable<SnapshotJson> {
  for (let snapshot = head; snapshot !== undefined; ) {
    yield snapshot
    const parentId: bigint | undefined = snapshot['parent-snapshot-id']
    snapshot = parentId === undefined ? undefined : snapshotById(metadata, parentId)
  }
}

/** A snapshot that holds this sink's output up to a checkpoint, and whether that checkpoint's own is in it. */
export interface RewindTarget {
  readonly snapshot: SnapshotJson
  readonly complete: boolean
}

/**
 * The snapshot to which restoring `checkpoint` takes the table back; undefined when it has expired.
 *
 * That is the last one the checkpoint is named in. A checkpoint without output is named in none: then it is the last
 * that its attempt left behind up to then, and an attempt leaves at least the one it fenced with. Without a checkpoint,
 * it is the last from before any output.
 */
export function findRewindTarget(
  metadata: TableMetadata,
  sink: SinkName,
  checkpoint: CheckpointName | undefined,
): RewindTarget | undefined {
  const own = (metadata.snapshots ?? [])
    .map((snapshot) => ({ snapshot, state: snapshotState(snapshot, sink) }))
    .sort((a, b) => (a.snapshot['sequence-number'] < b.snapshot['sequence-number'] ? -1 : 1))
  if (checkpoint === undefined) {
    const last = own.findLast(({ state }) => state !== undefined && state.applied === undefined)
    return last && { snapshot: last.snapshot, complete: true }
  }
  const exact = own.findLast(({ state }) => sameCheckpoint(state?.applied, checkpoint))
  if (exact !== undefined) return { snapshot: exact.snapshot, complete: true }
  const before = own.findLast(
    ({ state }) =>
      state?.fenceEpoch === checkpoint.checkpointEpoch &&
      (state.applied === undefined || state.applied.checkpointId < checkpoint.checkpointId),
  )
  return before && { snapshot: before.snapshot, complete: false }
}

/**
 * The newest snapshot, between the head of main and what it has in common with `target`, that is not this sink's.
 * `expired`: some of the snapshots in between are gone, so that nobody can tell whose they were.
 */
export function foreignSince(
  metadata: TableMetadata,
  head: SnapshotJson | undefined,
  target: SnapshotJson,
  sink: SinkName,
): SnapshotJson | 'expired' | undefined {
  const kept = new Set(Array.from(lineageOf(metadata, target), (snapshot) => snapshot['snapshot-id']))
  let oldest: SnapshotJson | undefined
  for (const snapshot of lineageOf(metadata, head)) {
    if (kept.has(snapshot['snapshot-id'])) return undefined
    if (snapshotState(snapshot, sink) === undefined) return snapshot
    oldest = snapshot
  }
  return oldest?.['parent-snapshot-id'] === undefined ? undefined : 'expired'
}

/**
 * Whether a way back to `target` takes anything out of the table. It does not when the attempts since what both have in
 * common have only fenced: as one does that began a rewind and did not get far.
 */
export function takesBack(metadata: TableMetadata, target: SnapshotJson): boolean {
  const kept = new Set(Array.from(lineageOf(metadata, target), (snapshot) => snapshot['snapshot-id']))
  for (const snapshot of lineageOf(metadata, currentSnapshot(metadata))) {
    if (kept.has(snapshot['snapshot-id'])) return false
    if (snapshot.summary['added-data-files'] !== undefined) return true
  }
  // What is between them has expired.
  return true
}
