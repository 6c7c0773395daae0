/** The single committer of each sink: fenced before anything starts, fed after each complete checkpoint. */
import type { SinkCommitter } from '../../topology/contract/sink.ts'
import type { Manifest } from '../checkpoint/manifest.ts'
import { faultPoint } from '../fault-point.ts'

export interface FenceOptions {
  readonly epoch: bigint
  readonly restored: Manifest | undefined
  readonly allowRewind: boolean
}

export class Committers {
  private readonly committers: ReadonlyMap<string, SinkCommitter>
  private closed: Promise<void> | undefined

  constructor(committers: ReadonlyMap<string, SinkCommitter>) {
    this.committers = committers
  }

  /** Shuts out every older attempt at every sink, and commits what the restored checkpoint still owes. */
  async fence({ epoch, restored, allowRewind }: FenceOptions): Promise<void> {
    await this.each((uid, committer) =>
      committer.fence({ epoch, restored: restored && requestOf(restored, uid, epoch), allowRewind }),
    )
    faultPoint('restore.after-fence')
  }

  /** Applies a complete checkpoint at every sink. */
  async commit(manifest: Manifest, epoch: bigint): Promise<void> {
    faultPoint('checkpoint.before-commit')
    await this.each((uid, committer) => committer.commit(requestOf(manifest, uid, epoch)))
    faultPoint('checkpoint.after-commit')
  }

  /** What is being committed gives up. Further calls do nothing more. */
  close(): Promise<void> {
    this.closed ??= this.each((_uid, committer) => committer.close())
    // Also where nobody waits for it.
    this.closed.catch(() => {})
    return this.closed
  }

  /** All at once, since a commit is mostly waiting; all have ended when the first error is thrown. */
  private async each(apply: (uid: string, committer: SinkCommitter) => Promise<void>): Promise<void> {
    const outcomes = await Promise.allSettled([...this.committers].map(([uid, committer]) => apply(uid, committer)))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }
}

function requestOf(manifest: Manifest, uid: string, epoch: bigint) {
  const sink = manifest.sinks[uid]
  return {
    epoch,
    checkpointEpoch: manifest.epoch,
    checkpointId: manifest.checkpointId,
    watermarkMs: sink?.watermarkMs ?? undefined,
    committables: sink?.committables ?? [],
  }
}
