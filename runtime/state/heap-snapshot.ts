/** A snapshot of the heap backend: walks frozen tables in slices and makes each whole again once it is encoded. */
import type { StateChunk } from '../../topology/contract/stage.ts'
import { SluiceError } from '../../topology/errors.ts'
import { ChunkWriter } from './chunk-form.ts'
import type { HeapKeyedState, Namespace } from './heap-keyed-state.ts'
import type { KeyTable } from './key-table.ts'
import { Pace, type PaceOptions } from './pace.ts'
import type { KeyedSnapshot } from './state-backend.ts'

export interface HeapSnapshotOptions extends PaceOptions {
  /** Above this a chunk ends, even within a key group. @default 4 MiB */
  readonly chunkBytes?: number
}

/** One state and the namespaces it had at the cut. */
interface Part {
  readonly state: HeapKeyedState<any>
  readonly namespaces: readonly Namespace<any>[]
}

export class HeapSnapshot implements KeyedSnapshot {
  private readonly parts: readonly Part[]
  private readonly pace: Pace
  private readonly chunkBytes: number
  private readonly writer = new ChunkWriter()
  private hasEnded = false

  constructor(states: Iterable<HeapKeyedState<any>>, options: HeapSnapshotOptions) {
    this.pace = new Pace(options)
    this.chunkBytes = options.chunkBytes ?? 4 * 1024 * 1024
    this.parts = Array.from(states, (state) => ({ state, namespaces: state.freeze() }))
  }

  /** Whether nothing is frozen for it any more. */
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
    for (const { namespaces } of this.parts) {
      for (const namespace of namespaces) {
        if (namespace.dropped) continue
        for (const table of namespace.tables) table?.thaw(Number.POSITIVE_INFINITY)
      }
    }
  }

  private async *chunks(): AsyncGenerator<StateChunk> {
    // The barrier is being handled: begin only when that is done.
    await this.nextSlice()
    for (const { state, namespaces } of this.parts) {
      const entries = namespaces.reduce((sum, namespace) => sum + frozenCount(namespace), 0)
      const rangeGroups = this.groupsPerChunk(state, entries)
      let sizeBytes = 0
      for (let keyGroup = 0; keyGroup < state.keyGroups; keyGroup++) {
        for (const namespace of namespaces) {
          const table = namespace.tables[keyGroup]
          if (table === undefined || !table.isFrozen) continue
          const remaining = table.frozen.entries()
          for (let left = table.frozen.size; left > 0; ) {
            const count = Math.min(left, this.pace.stride)
            this.writer.section(state, keyGroup, namespace.id, count, remaining)
            left -= count
            if (this.writer.sizeBytes >= this.chunkBytes) {
              sizeBytes += this.writer.sizeBytes
              yield this.writer.take(state)!
              this.checkRunning()
            }
            if (this.pace.isOver(count)) await this.nextSlice()
          }
          if (!namespace.dropped) await this.thaw(table)
        }
        if ((keyGroup + 1) % rangeGroups === 0 || keyGroup + 1 === state.keyGroups) {
          sizeBytes += this.writer.sizeBytes
          const chunk = this.writer.take(state)
          if (chunk !== undefined) yield chunk
          this.checkRunning()
        }
        if (this.pace.isOver(0)) await this.nextSlice()
      }
      if (entries > 0) state.encodedBytesPerEntry = sizeBytes / entries
    }
  }

  private async thaw(table: KeyTable<any>): Promise<void> {
    while (!table.thaw(this.pace.stride)) {
      if (this.pace.isOver(this.pace.stride)) await this.nextSlice()
    }
  }

  private async nextSlice(): Promise<void> {
    await this.pace.nextSlice()
    this.checkRunning()
  }

  /** After every wait: an aborted snapshot's tables are live again, and may be frozen for the next one. */
  private checkRunning(): void {
    if (this.hasEnded) throw new SluiceError('SNAPSHOT_ABORTED', 'the snapshot was aborted while it was encoded')
  }

  /**
   * How many key groups share a chunk: a power of two, by the size the state's entries had last time, so that ranges
   * stay the same from one checkpoint to the next and an unchanged one is the same file.
   */
  private groupsPerChunk(state: HeapKeyedState<any>, entries: number): number {
    const bytesPerGroup = (entries * state.encodedBytesPerEntry) / state.keyGroups
    const fitting = Math.log2(this.chunkBytes / 2 / Math.max(bytesPerGroup, 1))
    return 2 ** Math.max(0, Math.min(15, Math.floor(fitting)))
  }
}

function frozenCount(namespace: Namespace<any>): number {
  let count = 0
  for (const table of namespace.tables) if (table?.isFrozen) count += table.frozen.size
  return count
}
