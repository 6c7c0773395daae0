/** A snapshot of the heap backend: walks frozen tables in slices and makes each whole again once it is encoded. */
import type { StateChunk } from '../../topology/contract/stage.ts'
import { ChunkWriter } from './chunk-form.ts'
import { ChunkedSnapshot, type SnapshotOptions } from './chunked-snapshot.ts'
import type { HeapKeyedState, Namespace } from './heap-keyed-state.ts'
import type { KeyTable } from './key-table.ts'

/** One state and the namespaces it had at the cut. */
interface Part {
  readonly state: HeapKeyedState<any>
  readonly namespaces: readonly Namespace<any>[]
}

export class HeapSnapshot extends ChunkedSnapshot {
  private readonly parts: readonly Part[]
  private readonly writer = new ChunkWriter()

  constructor(states: Iterable<HeapKeyedState<any>>, options: SnapshotOptions) {
    super(options)
    this.parts = Array.from(states, (state) => ({ state, namespaces: state.freeze() }))
  }

  protected release(): void {
    for (const { namespaces } of this.parts) {
      for (const namespace of namespaces) {
        if (namespace.dropped) continue
        for (const table of namespace.tables) table?.thaw(Number.POSITIVE_INFINITY)
      }
    }
  }

  protected async *chunks(): AsyncGenerator<StateChunk> {
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
}

function frozenCount(namespace: Namespace<any>): number {
  let count = 0
  for (const table of namespace.tables) if (table?.isFrozen) count += table.frozen.size
  return count
}
