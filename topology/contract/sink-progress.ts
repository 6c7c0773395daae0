/**
 * What a sink that keeps its own record of commits decides by it: the rules of `SinkCommitter`, for connectors whose
 * output stands outside a transaction.
 */
import { SluiceError } from '../errors.ts'
import type { CommitRequest, FenceRequest } from './sink.ts'

/** As the sink keeps it, in JSON. */
export interface SinkProgress {
  /** The newest attempt that has fenced or committed. */
  readonly epoch: string
  /** The last checkpoint whose output has been committed, or null. */
  readonly checkpointId: string | null
}

export interface SinkIdentity {
  readonly job: string
  readonly uid: string
  /** Where the output goes, for errors. */
  readonly target: string
  /** Output that was committed can be taken back. */
  readonly canRewind: boolean
}

/**
 * What `fence` has to do.
 *
 * @throws {SluiceError} `FENCED`, `REWIND_REFUSED`
 */
export function onFence(
  sink: SinkIdentity,
  progress: SinkProgress | undefined,
  { epoch, restored, allowRewind }: FenceRequest,
): { readonly rewinds: boolean; readonly applies: boolean } {
  refuseOlder(sink, progress, epoch)
  const committed = progress?.checkpointId ?? null
  if (committed !== null && (restored === undefined || restored.checkpointId < BigInt(committed))) {
    if (!allowRewind || !sink.canRewind) throw rewindRefused(sink, committed, restored?.checkpointId)
    return { rewinds: true, applies: restored !== undefined }
  }
  return { rewinds: false, applies: restored !== undefined && String(restored.checkpointId) !== committed }
}

/** Whether `commit` has to do anything: a checkpoint is applied once. @throws {SluiceError} `FENCED` */
export function onCommit(sink: SinkIdentity, progress: SinkProgress | undefined, request: CommitRequest): boolean {
  refuseOlder(sink, progress, request.epoch)
  const committed = progress?.checkpointId ?? null
  return committed === null || request.checkpointId > BigInt(committed)
}

function refuseOlder(sink: SinkIdentity, progress: SinkProgress | undefined, epoch: bigint): void {
  if (progress === undefined || BigInt(progress.epoch) <= epoch) return
  throw error(sink, 'FENCED', `epoch ${epoch} is over, epoch ${progress.epoch} has taken its place`, {
    fix: 'Nothing needs doing where a newer attempt of the job goes on. Where none does, this is not the checkpoint store that the job had: bring that one back, or give the job another name.',
    details: { epoch: String(epoch), newerEpoch: progress.epoch },
  })
}

function rewindRefused(sink: SinkIdentity, committed: string, asked: bigint | undefined): SluiceError {
  const start = asked === undefined ? 'a start without a checkpoint' : `checkpoint ${asked}`
  const what = `it holds the output up to checkpoint ${committed}, and ${start} would write it again`
  const instead = sink.canRewind
    ? 'or allow the rewind, which removes what was written since'
    : 'what was sent cannot be taken back: to run again from the start, give the job another name'
  return error(sink, 'REWIND_REFUSED', what, {
    fix: `Restore checkpoint ${committed} or a later one; ${instead}.`,
    details: { committedCheckpointId: committed, checkpointId: asked === undefined ? null : String(asked) },
  })
}

function error(
  { job, uid, target }: SinkIdentity,
  code: string,
  what: string,
  { fix, details }: { readonly fix: string; readonly details: Readonly<Record<string, unknown>> },
): SluiceError {
  return new SluiceError(code, `job '${job}', sink '${uid}', ${target}: ${what}`, {
    fix,
    details: { job, uid, target, ...details },
  })
}
