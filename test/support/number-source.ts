/** A source that counts: any number of rows without one of them being kept, as fast as they are taken or at a pace. */
import { setTimeout } from 'node:timers/promises'
import type { Source, SourceReader, SourceRecord, SplitState } from '../../topology/contract/source.ts'
import { Batch } from '../../topology/element.ts'

export interface NumberSourceOptions<T> {
  readonly splits: number
  /** Rows of each split. */
  readonly rows: number
  /** The row at a position of a split. */
  readonly row: (position: number, split: number) => T
  /** Of each split, how many come at once; those behind them at `rowsPerSecond`, over all splits. @default all */
  readonly unpacedRows?: number
  readonly rowsPerSecond?: number
}

/** How often a reader that is ahead of its pace looks at the time, milliseconds. */
const LOOK_MS = 5

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
  private paced: { readonly sinceMs: number; rows: number } | undefined

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
      const count = Math.min(maxRows, rows - first, this.allowance(first))
      if (count <= 0) continue
      split.position += count
      if (this.paced !== undefined) this.paced.rows += count
      const values = new Array<T>(count)
      for (let at = 0; at < count; at++) values[at] = row(first + at, index)
      return new Batch(values, { split: index }) as unknown as Batch<SourceRecord>
    }
    return undefined
  }

  /** Until the next rows are due; at the bound of all splits, nothing ever is. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return setTimeout(this.paced === undefined ? timeoutMs : LOOK_MS, undefined, { signal }).catch(() => {})
  }

  atEnd(splitId: string): boolean {
    const split = this.splits.find(({ state }) => state.id === splitId)
    return split !== undefined && split.position >= this.options.rows
  }

  snapshot(): readonly SplitState[] {
    return this.splits.map(({ state, position }) => ({ ...state, position }))
  }

  async close(): Promise<void> {}

  /** How many rows the pace lets this reader hand out now. */
  private allowance(position: number): number {
    const { unpacedRows = Number.POSITIVE_INFINITY, rowsPerSecond = 0, splits } = this.options
    if (position < unpacedRows) return unpacedRows - position
    this.paced ??= { sinceMs: performance.now(), rows: 0 }
    const share = (rowsPerSecond * this.splits.length) / splits
    const due = (share * (performance.now() - this.paced.sinceMs)) / 1000
    return Math.floor(due - this.paced.rows)
  }
}
