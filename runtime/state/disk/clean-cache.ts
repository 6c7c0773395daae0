/** Values that are on the heap as they are on disk, in two generations: what was not used in a whole one is let go. */
import type { Key } from '../../../topology/element.ts'
import type { Cached, DiskTable } from './disk-table.ts'

export class CleanCache {
  private readonly generationBytes: number
  private recent: DiskTable<any>[] = []
  private recentBytes = 0
  private older: DiskTable<any>[] = []

  /** @param generationBytes about how much heap one of the two may take */
  constructor(generationBytes: number) {
    this.generationBytes = generationBytes
  }

  /** Keeps a value, in the place of what was known of the key before. */
  remember<V>(table: DiskTable<V>, key: Key, value: Cached<V>): void {
    if (this.recentBytes >= this.generationBytes) this.rotate()
    if (table.recent === undefined) {
      table.recent = new Map()
      this.recent.push(table)
    }
    const before = table.recent.size
    table.recent.set(key, value)
    if (table.recent.size !== before) this.recentBytes += table.state.heapBytesPerEntry
  }

  private rotate(): void {
    for (const table of this.older) table.older = undefined
    for (const table of this.recent) {
      table.older = table.recent
      table.recent = undefined
    }
    this.older = this.recent
    this.recent = []
    this.recentBytes = 0
  }
}
