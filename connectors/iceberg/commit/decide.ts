/** What a committer has to do, judged from the table as it is now: looked at afresh on every attempt. */
import type { CommitRequest, FenceRequest } from '../../../topology/contract/sink.ts'
import { SluiceError } from '../../../topology/errors.ts'
import type { LoadedTable } from '../catalog/iceberg-catalog.ts'
import { currentSnapshot } from '../format/table-metadata.ts'
import {
  type CheckpointName,
  type CommittedState,
  readCommittedState,
  type SinkName,
  sameCheckpoint,
} from './committed-state.ts'
import { findRewindTarget, foreignSince, takesBack } from './lineage.ts'

/** One atomic step: perhaps back to a snapshot, then a new snapshot with or without files. */
export interface CommitStep {
  /** The state the table is in afterwards. */
  readonly state: CommittedState
  /** The output to append; undefined: none is owed. */
  readonly output: CommitRequest | undefined
  readonly rollbackTo: bigint | undefined
}

/** Undefined: there is nothing (left) to do. @throws {SluiceError} `FENCED`, `COMMIT_OUT_OF_ORDER` */
export function decideCommit(table: LoadedTable, sink: SinkName, request: CommitRequest): CommitStep | undefined {
  const committed = checkedState(table, sink, request.epoch)
  const applied = committed?.applied
  if (sameCheckpoint(applied, request)) return undefined
  if (applied !== undefined && applied.checkpointId >= request.checkpointId) {
    throw new SluiceError(
      'COMMIT_OUT_OF_ORDER',
      `table ${table.name} already holds checkpoint ${name(applied)} of ${who(sink)}; ${name(request)} comes too late`,
      { fix: 'Restore a checkpoint through fence(), which can take the table back.', details: { table: table.name } },
    )
  }
  const nothingNew = request.committables.length === 0 && committed?.fenceEpoch === request.epoch
  return nothingNew ? undefined : step(request.epoch, request, request)
}

/** Undefined: fenced already. @throws {SluiceError} `FENCED`, `REWIND_REFUSED` */
export function decideFence(table: LoadedTable, sink: SinkName, request: FenceRequest): CommitStep | undefined {
  const { epoch, restored } = request
  const committed = checkedState(table, sink, epoch)
  const applied = committed?.applied
  const isThere = restored === undefined ? applied === undefined : sameCheckpoint(applied, restored)
  if (isThere) return committed?.fenceEpoch === epoch ? undefined : step(epoch, restored, undefined)
  if (restored !== undefined && isOwed(committed, restored)) return step(epoch, restored, restored)
  return rewind(table, sink, request, applied)
}

/**
 * Owed: later than what was applied, and taken by the attempt that was here last. When another one has been here since, it
 * has left the table at the checkpoint it restored: this one is of a branch that was abandoned, and what its attempt had
 * committed before it is not in the table either.
 */
function isOwed(committed: CommittedState | undefined, restored: CommitRequest): boolean {
  if (committed === undefined) return true
  const { fenceEpoch, applied } = committed
  if (applied !== undefined && applied.checkpointId >= restored.checkpointId) return false
  return fenceEpoch === restored.checkpointEpoch
}

function rewind(
  table: LoadedTable,
  sink: SinkName,
  { epoch, restored, allowRewind }: FenceRequest,
  applied: CheckpointName | undefined,
): CommitStep {
  const { metadata } = table
  const back = restored === undefined ? 'a start without a checkpoint' : `checkpoint ${name(restored)}`
  const refuse = (reason: string, fix: string) =>
    new SluiceError(
      'REWIND_REFUSED',
      `table ${table.name} holds checkpoint ${applied === undefined ? 'none' : name(applied)} of ${who(sink)}; ` +
        `going back to ${back} ${reason}`,
      { fix, details: { table: table.name, job: sink.job, uid: sink.uid } },
    )
  const target = findRewindTarget(metadata, sink, restored)
  if (!allowRewind && (target === undefined || takesBack(metadata, target.snapshot))) {
    throw refuse(
      'would take back what is committed',
      'Restore the latest checkpoint, or pass --allow-rewind to take the later output back.',
    )
  }
  const foreign = target && foreignSince(metadata, currentSnapshot(metadata), target.snapshot, sink)
  if (target === undefined || foreign === 'expired') {
    throw refuse('is impossible: snapshots have expired', 'Restore a later checkpoint, or begin with new tables.')
  }
  if (foreign !== undefined) {
    throw refuse(
      `would drop snapshot ${foreign['snapshot-id']}, which somebody else has written since`,
      'Restore a later checkpoint, or undo that snapshot yourself first.',
    )
  }
  const output = target.complete ? undefined : restored
  return step(epoch, restored, output, target.snapshot['snapshot-id'])
}

function step(
  fenceEpoch: bigint,
  applied: CheckpointName | undefined,
  output: CommitRequest | undefined,
  rollbackTo?: bigint,
): CommitStep {
  const checkpoint = applied && { checkpointEpoch: applied.checkpointEpoch, checkpointId: applied.checkpointId }
  return { state: { fenceEpoch, applied: checkpoint }, output, rollbackTo }
}

function checkedState(table: LoadedTable, sink: SinkName, epoch: bigint): CommittedState | undefined {
  const committed = readCommittedState(table.metadata, sink)
  if (committed === undefined || committed.fenceEpoch <= epoch) return committed
  throw new SluiceError(
    'FENCED',
    `epoch ${epoch} of ${who(sink)} is shut out of table ${table.name}: epoch ${committed.fenceEpoch} has been here`,
    {
      fix:
        'A newer attempt of this job runs, or its checkpoint store was replaced by a younger one: ' +
        'use the store it ran with, or give the job another name.',
      details: { table: table.name, job: sink.job, uid: sink.uid, epoch: String(epoch) },
    },
  )
}

function name(checkpoint: CheckpointName): string {
  return `${checkpoint.checkpointId} (epoch ${checkpoint.checkpointEpoch})`
}

function who(sink: SinkName): string {
  return `sink '${sink.uid}' of job '${sink.job}'`
}
