/** The state backend that keeps on disk what does not fit on the heap. */
import type { KeyedStateDescriptor } from '../../../topology/contract/state.ts'
import type { Key } from '../../../topology/element.ts'
import { KeyedBackend } from '../keyed-backend.ts'
import type { StateBackendOptions } from '../state-backend.ts'
import { ChunksOnDisk } from './chunks-on-disk.ts'
import { DiskKeyedState } from './disk-keyed-state.ts'
import { DiskSnapshot } from './disk-snapshot.ts'
import { ScratchStore } from './scratch-store.ts'
import { WriteBack } from './write-back.ts'

export interface DiskBackendOptions extends StateBackendOptions {
  /** Where its file is made, which nobody sees. */
  readonly directory: string
  /** About how much heap cached values may take. @default 64 MiB */
  readonly cacheBytes?: number
  /** After so many new changes there is a step of what is to be written and removed. @default 1,024 */
  readonly stepChanges?: number
}

/**
 * Rows in an SQLite file of its own, which is gone with the process: what lasts is in checkpoints, whose form is that of the
 * heap backend, so that either restores what the other wrote. State that fits into its cache writes nothing between two
 * checkpoints.
 */
export class DiskStateBackend extends KeyedBackend<DiskKeyedState<any>, DiskBackendOptions> {
  private readonly writeBack: WriteBack
  private namespaceIds = 0

  constructor(options: DiskBackendOptions) {
    super(options, new ChunksOnDisk(options.directory))
    const { directory, cacheBytes = 64 * 1024 * 1024, stepChanges = 1024 } = options
    this.writeBack = new WriteBack({ openStore: () => new ScratchStore(directory), cacheBytes, stepChanges })
  }

  override async close(): Promise<void> {
    await super.close()
    await this.writeBack.close()
  }

  protected create(uid: string, descriptor: KeyedStateDescriptor<any>): DiskKeyedState<any> {
    return new DiskKeyedState(uid, descriptor, this.options.keyGroups, this.writeBack, () => this.namespaceIds++)
  }

  protected restore(state: DiskKeyedState<any>, namespace: number, keyGroup: number, key: Key, value: unknown): void {
    state.restore(namespace, keyGroup, key, value)
  }

  protected cut(states: Iterable<DiskKeyedState<any>>): DiskSnapshot {
    return new DiskSnapshot(states, this.writeBack, this.options)
  }
}
