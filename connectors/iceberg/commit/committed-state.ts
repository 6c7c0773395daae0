/**
 * What a sink has committed to a table, as the table itself tells it: the property `sluice.committed.<job>.<sink uid>`,
 * set in the same atomic step as the snapshot it speaks of.
 *
 * Its value is `<fence epoch>/<checkpoint epoch>/<checkpoint id>`: the newest attempt that has been here, and the
 * checkpoint whose output was applied last, named by the attempt that took it. Before the first one: `<fence epoch>`.
 * So an attempt of epoch 5 that restores a checkpoint which epoch 3 took sees whether epoch 3 still committed it, and
 * epoch 3, should it come late, sees that epoch 5 was here. Every snapshot of ours carries the same in its summary.
 */
import { SluiceError } from '../../../topology/errors.ts'
import type { SnapshotJson, TableMetadata } from '../format/table-metadata.ts'

/** The output of one interval: the checkpoint, and the attempt that took it. */
export interface CheckpointName {
  readonly checkpointEpoch: bigint
  readonly checkpointId: bigint
}

export interface CommittedState {
  readonly fenceEpoch: bigint
  readonly applied: CheckpointName | undefined
}

/** Who commits: a sink of a job. */
export interface SinkName {
  readonly job: string
  readonly uid: string
}

export function committedProperty(sink: SinkName): string {
  return `sluice.committed.${sink.job}.${sink.uid}`
}

/** Undefined when this sink has never been here. @throws {SluiceError} `METADATA_INVALID` for another form. */
export function readCommittedState(metadata: TableMetadata, sink: SinkName): CommittedState | undefined {
  const text = metadata.properties?.[committedProperty(sink)]
  if (text === undefined) return undefined
  const match = /^(\d+)(?:\/(\d+)\/(\d+))?$/.exec(text)
  if (match === null) {
    throw new SluiceError(
      'METADATA_INVALID',
      `property ${committedProperty(sink)} is '${text}', not epoch/epoch/checkpoint`,
      {
        fix: 'Restore the property from an older version of the table’s metadata.',
        details: { property: committedProperty(sink), value: text },
      },
    )
  }
  const [, fenceEpoch, checkpointEpoch, checkpointId] = match
  const applied =
    checkpointEpoch === undefined
      ? undefined
      : { checkpointEpoch: BigInt(checkpointEpoch), checkpointId: BigInt(checkpointId!) }
  return { fenceEpoch: BigInt(fenceEpoch!), applied }
}

export function printCommittedState({ fenceEpoch, applied }: CommittedState): string {
  return applied === undefined ? String(fenceEpoch) : `${fenceEpoch}/${applied.checkpointEpoch}/${applied.checkpointId}`
}

export function sameCheckpoint(a: CheckpointName | undefined, b: CheckpointName): boolean {
  return a !== undefined && a.checkpointId === b.checkpointId && a.checkpointEpoch === b.checkpointEpoch
}

/** The summary keys of a snapshot that leaves the table in this state. */
export function stateSummary(sink: SinkName, state: CommittedState): Record<string, string> {
  const summary = { 'sluice.job': sink.job, 'sluice.sink': sink.uid, 'sluice.epoch': String(state.fenceEpoch) }
  if (state.applied === undefined) return summary
  return {
    ...summary,
    'sluice.checkpoint-epoch': String(state.applied.checkpointEpoch),
    'sluice.checkpoint-id': String(state.applied.checkpointId),
  }
}

/** The state in which a snapshot of this sink left the table; undefined for anybody else's snapshot. */
export function snapshotState(snapshot: SnapshotJson, sink: SinkName): CommittedState | undefined {
  const summary: Readonly<Record<string, string | undefined>> = snapshot.summary ?? {}
  if (summary['sluice.job'] !== sink.job || summary['sluice.sink'] !== sink.uid) return undefined
  const checkpointEpoch = summary['sluice.checkpoint-epoch']
  const checkpointId = summary['sluice.checkpoint-id']
  const applied =
    checkpointEpoch === undefined || checkpointId === undefined
      ? undefined
      : { checkpointEpoch: BigInt(checkpointEpoch), checkpointId: BigInt(checkpointId) }
  return { fenceEpoch: BigInt(summary['sluice.epoch']!), applied }
}
