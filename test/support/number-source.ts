/** A source that counts: any number of rows without one of them being kept, at the speed at which they are taken. */
import type { Source, SourceReader, SourceRecord, SplitState } from '../../topology/contract/source.ts'
import { Batch } from '../../topology/element.ts'

export interface NumberSourceOptions<T> {
  readonly splits: number
  /** Rows of each split. */
  readonly rows: number
  /** The row at a position of a split. */
  readonly row: (position: number, split: number) => T
}

/**
 * Readers take turns among their splits. It has its bound also without `--until latest`, since nothing comes after it.
 *
 * @example fromSource('numbers', () => numberSource({ splits: 4, rows: 1e6, row: (n, split) => ({ n: split * 1e6 + n }) }))
 */
export function numberSource<T>(options: NumberSourceOptions<T>): Source {
  return {
    discoverSplits: async () =>
      Array.from({ length: options.splits }, (_, index) => ({
        id: String(index),
        index,
        start: 0,
        stop: options.rows,
      })),
    createReader: () => new NumberReader(options),
    close: async () => {},
  }
}

class NumberReader<T> implements SourceReader {
  private readonly options: NumberSourceOptions<T>
  private readonly splits: { readonly state: SplitState; position: number }[] = []
  private turn = 0

  constructor(options: NumberSourceOptions<T>) {
    this.options = options
  }

  async assign(splits: readonly SplitState[]): Promise<void> {
    for (const state of splits) this.splits.push({ state, position: Number(state.position) })
  }

  poll(maxRows: number): Batch<SourceRecord> | undefined {
    const { rows, row } = this.options
    for (let tried = 0; tried < this.splits.length; tried++) {
      const split = this.splits[this.turn++ % this.splits.length]!
      const { index } = split.state
      const first = split.position
      const count = Math.min(maxRows, rows - first)
      if (count <= 0) continue
      split.position += count
      const values = new Array<T>(count)
      for (let at = 0; at < count; at++) values[at] = row(first + at, index)
      return new Batch(values, { split: index }) as unknown as Batch<SourceRecord>
    }
    return undefined
  }

  wait(_timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  }

  atEnd(splitId: string): boolean {
    const split = this.splits.find(({ state }) => state.id === splitId)
    return split !== undefined && split.position >= this.options.rows
  }

  snapshot(): readonly SplitState[] {
    return this.splits.map(({ state, position }) => ({ ...state, position }))
  }

  async close(): Promise<void> {}
}
