/** Looks at the checkpoints of a job that runs in other processes. */
import { LocalFileIO } from '../../connectors/iceberg/io/local-file-io.ts'
import { CheckpointStore } from '../../runtime/checkpoint/checkpoint-store.ts'
import type { Manifest } from '../../runtime/checkpoint/manifest.ts'
import { recordingLogger } from './silent.ts'

export class CheckpointWatch {
  private readonly store: CheckpointStore

  /** @param directory of the job's checkpoints */
  constructor(directory: string) {
    this.store = new CheckpointStore({
      files: new LocalFileIO(),
      root: `file://${directory}`,
      logger: recordingLogger(),
    })
  }

  /** The newest that is complete, and the epoch that took it. */
  async last(): Promise<{ readonly id: bigint; readonly epoch: bigint; readonly location: string } | undefined> {
    const entry = (await this.store.list()).at(-1)
    return entry && { id: entry.id, epoch: entry.epoch, location: `${this.store.root}/${entry.manifest}` }
  }

  async lastId(): Promise<bigint> {
    return (await this.last())?.id ?? 0n
  }

  async manifest(): Promise<Manifest | undefined> {
    const last = await this.last()
    return last && (await this.store.contents.manifest(last.location))
  }
}
