/** Puts files in their place once their checkpoint is complete, each by one rename. */
import { access, mkdir, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CommitRequest, CommitterContext, FenceRequest, SinkCommitter } from '../../../topology/contract/sink.ts'
import { onCommit, onFence, type SinkIdentity, type SinkProgress } from '../../../topology/contract/sink-progress.ts'
import { SluiceError } from '../../../topology/errors.ts'
import { type FileCommittable, outputPrefix } from './file-writer.ts'
import { writeError } from './part-file.ts'
import { syncFolder } from './sync-folder.ts'

const PROGRESS = 'progress.json'

export interface FileCommitterOptions {
  readonly folder: string
  readonly staging: string
  readonly faultPoint: (name: string) => void
}

/**
 * Beside the files that wait, `progress.json` says how far the output has been committed. It is written behind the
 * renames: a crash between the two is met by looking for each file in both places.
 *
 * A rewind removes the files of later checkpoints, which their names tell.
 */
export class FileCommitter implements SinkCommitter {
  private readonly options: FileCommitterOptions
  private readonly sink: SinkIdentity

  constructor(options: FileCommitterOptions, { job, uid }: CommitterContext) {
    this.options = options
    this.sink = { job, uid, target: options.folder, canRewind: true }
  }

  async fence(request: FenceRequest): Promise<void> {
    const { epoch, restored } = request
    await this.guarded(async () => {
      await mkdir(this.options.staging, { recursive: true })
      const { rewinds, applies } = onFence(this.sink, await this.progress(), request)
      if (rewinds) await this.takeBack(restored?.checkpointId ?? -1n)
      if (applies) await this.apply(restored!)
      await this.record(epoch, restored?.checkpointId)
      // Older attempts are shut out now, and what this one owes has just been put in place: the rest is nobody's.
      for (const name of await readdir(this.options.staging)) {
        if (name !== PROGRESS) await unlink(join(this.options.staging, name))
      }
    })
  }

  async commit(request: CommitRequest): Promise<void> {
    await this.guarded(async () => {
      if (!onCommit(this.sink, await this.progress(), request)) return
      this.options.faultPoint('file.before-commit')
      await this.apply(request)
      this.options.faultPoint('file.after-rename')
      await this.record(request.epoch, request.checkpointId)
    })
  }

  async close(): Promise<void> {}

  private async apply({ committables, checkpointId }: CommitRequest): Promise<void> {
    const { folder, staging } = this.options
    if (committables.length === 0) return
    for (const each of committables) {
      const { staged, name } = each as unknown as FileCommittable
      const target = join(folder, name)
      if (await exists(join(staging, staged))) await rename(join(staging, staged), target)
      else if (!(await exists(target))) throw this.missing(staged, name, checkpointId)
    }
    await syncFolder(folder)
  }

  private async takeBack(checkpointId: bigint): Promise<void> {
    const { folder } = this.options
    const { job, uid } = this.sink
    const prefix = outputPrefix(job, uid)
    for (const name of await readdir(folder)) {
      if (!name.startsWith(prefix)) continue
      const found = /^\d+-\d+-(\d+)-\d+\./.exec(name.slice(prefix.length))
      if (found !== null && BigInt(found[1]!) > checkpointId) await unlink(join(folder, name))
    }
    await syncFolder(folder)
  }

  private async progress(): Promise<SinkProgress | undefined> {
    try {
      return JSON.parse(await readFile(join(this.options.staging, PROGRESS), 'utf8')) as SinkProgress
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  private async record(epoch: bigint, checkpointId: bigint | undefined): Promise<void> {
    const { staging } = this.options
    const progress: SinkProgress = {
      epoch: String(epoch),
      checkpointId: checkpointId === undefined ? null : String(checkpointId),
    }
    const temporary = join(staging, `${PROGRESS}.tmp`)
    await writeFile(temporary, JSON.stringify(progress), { flush: true })
    await rename(temporary, join(staging, PROGRESS))
    await syncFolder(staging)
  }

  private async guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      throw writeError(error, this.options.folder)
    }
  }

  private missing(staged: string, name: string, checkpointId: bigint): SluiceError {
    const { job, uid } = this.sink
    return new SluiceError(
      'STAGED_OUTPUT_MISSING',
      `job '${job}', sink '${uid}': ${staged} of checkpoint ${checkpointId} is not in ${this.options.staging}, nor ${name} in its place`,
      {
        fix: 'Bring the folder back that belongs to this checkpoint store; move files away only once a later checkpoint is complete.',
        details: { job, uid, staged, name, checkpointId: String(checkpointId) },
      },
    )
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
