/** What a job's checkpoint store holds, read without disturbing whoever writes it. */
import type { FileIO } from '../../topology/contract/file-io.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import { Journal } from '../checkpoint/journal.ts'

export interface RetainedCheckpoint {
  readonly id: string
  readonly epoch: string
  readonly kind: 'checkpoint' | 'savepoint'
  readonly completedAtMs: number
  /** URI of the manifest: what `--from-savepoint` takes. */
  readonly location: string
}

export interface RetainedCheckpoints {
  /** 0 when there was none. */
  readonly lastCheckpointId: bigint
  /** The newest first. */
  readonly checkpoints: readonly RetainedCheckpoint[]
}

/** @param root URI of the job's checkpoint directory, without a slash at its end */
export async function retainedCheckpoints(files: FileIO, root: string, logger: Logger): Promise<RetainedCheckpoints> {
  const warn = (message: string) => logger.warn({ event: 'journal-damaged' }, message)
  const { lastCheckpointId, checkpoints } = await new Journal(files, `${root}/journal`, warn).read()
  return {
    lastCheckpointId,
    checkpoints: checkpoints.toReversed().map(({ id, epoch, kind, completedAtMs, manifest }) => ({
      id: String(id),
      epoch: String(epoch),
      kind,
      completedAtMs,
      location: `${root}/${manifest}`,
    })),
  }
}
