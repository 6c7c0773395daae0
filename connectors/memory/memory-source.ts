/** A source over arrays in memory: for tests and benches, with the positions of a real one. */
import type { Source, SourceReader, SourceRecord, SplitState } from '../../topology/contract/source.ts'
import { Batch } from '../../topology/element.ts'

/** Rows of any type; each inner array is one split. */
export interface MemorySourceOptions<T> {
  readonly splits: readonly (readonly T[])[]
}

/**
 * Emits each split's rows in order, taking turns. Exactly once together with checkpoints: a position is an index.
 *
 * @example fromSource<{ id: string }>('ids', () => memorySource({ splits: [[{ id: 'a' }, { id: 'b' }], []] }))
 */
export function memorySource<T>(options: MemorySourceOptions<T>): Source {
  return {
    discoverSplits: async ({ until }) =>
      options.splits.map((rows, index) => ({
        id: String(index),
        index,
        start: 0,
        ...(until === 'latest' ? { stop: rows.length } : {}),
      })),
    createReader: () => new MemoryReader(options.splits),
    close: async () => {},
  }
}

class MemoryReader<T> implements SourceReader {
  private readonly rows: readonly (readonly T[])[]
  private readonly splits: { state: SplitState; position: number }[] = []
  private readonly paused = new Set<string>()
  private turn = 0

  constructor(rows: readonly (readonly T[])[]) {
    this.rows = rows
  }

  async assign(splits: readonly SplitState[]): Promise<void> {
    for (const state of splits) this.splits.push({ state, position: Number(state.position) })
  }

  poll(maxRows: number): Batch<SourceRecord> | undefined {
    for (let tried = 0; tried < this.splits.length; tried++) {
      const split = this.splits[this.turn++ % this.splits.length]!
      const all = this.rows[split.state.index]!
      if (split.position >= all.length || this.paused.has(split.state.id)) continue
      const rows = all.slice(split.position, split.position + maxRows)
      split.position += rows.length
      return new Batch(rows, { split: split.state.index }) as unknown as Batch<SourceRecord>
    }
    return undefined
  }

  pauseOrResume(pause: readonly string[], resume: readonly string[]): void {
    for (const id of pause) this.paused.add(id)
    for (const id of resume) this.paused.delete(id)
  }

  wait(_timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  }

  atEnd(splitId: string): boolean {
    const split = this.splits.find(({ state }) => state.id === splitId)
    return split !== undefined && split.state.stop !== undefined && split.position >= Number(split.state.stop)
  }

  snapshot(): readonly SplitState[] {
    return this.splits.map(({ state, position }) => ({ ...state, position }))
  }

  async close(): Promise<void> {}
}
