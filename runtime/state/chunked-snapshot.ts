/** What the snapshots of all backends have in common: chunks are made in slices, and stored while the next ones fill. */
import type { StateChunk } from '../../topology/contract/stage.ts'
import { SluiceError } from '../../topology/errors.ts'
import { Pace, type PaceOptions } from './pace.ts'
import type { KeyedSnapshot } from './state-backend.ts'

export interface SnapshotOptions extends PaceOptions {
  /** Above this a chunk ends, even within a key group. @default 4 MiB */
  readonly chunkBytes?: number
}

export abstract class ChunkedSnapshot implements KeyedSnapshot {
  protected readonly pace: Pace
  protected readonly chunkBytes: number
  private hasEnded = false

  constructor(options: SnapshotOptions) {
    this.pace = new Pace(options)
    this.chunkBytes = options.chunkBytes ?? 4 * 1024 * 1024
  }

  /** By operator, state and key group ascending. Calls `checkRunning` after whatever it waits for. */
  protected abstract chunks(): AsyncGenerator<StateChunk>

  /** Lets go of the cut; called once. */
  protected abstract release(): void

  /** Whether it holds on to nothing any more. */
  get ended(): boolean {
    return this.hasEnded
  }

  async encode<R>(store: (chunk: StateChunk) => R | Promise<R>): Promise<R[]> {
    const stored: R[] = []
    let storing: Promise<unknown> = Promise.resolve()
    try {
      for await (const chunk of this.chunks()) {
        await storing
        storing = Promise.resolve(store(chunk)).then((result) => stored.push(result))
        // It is awaited above or below; this keeps a rejection in between from ending the process.
        storing.catch(() => {})
      }
      await storing
      this.checkRunning()
      return stored
    } finally {
      this.abort()
    }
  }

  abort(): void {
    if (this.hasEnded) return
    this.hasEnded = true
    this.release()
  }

  protected async nextSlice(): Promise<void> {
    await this.pace.nextSlice()
    this.checkRunning()
  }

  /** After every wait: the state of an aborted snapshot is live again, and may be held for the next one. */
  protected checkRunning(): void {
    if (this.hasEnded) throw new SluiceError('SNAPSHOT_ABORTED', 'the snapshot was aborted while it was encoded')
  }

  /**
   * How many key groups share a chunk: a power of two, by the size the state's entries had last time, so that ranges
   * stay the same from one checkpoint to the next and an unchanged one is the same file.
   */
  protected groupsPerChunk(
    state: { readonly encodedBytesPerEntry: number; readonly keyGroups: number },
    entries: number,
  ): number {
    const bytesPerGroup = (entries * state.encodedBytesPerEntry) / state.keyGroups
    const fitting = Math.log2(this.chunkBytes / 2 / Math.max(bytesPerGroup, 1))
    return 2 ** Math.max(0, Math.min(15, Math.floor(fitting)))
  }
}
