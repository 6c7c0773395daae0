/** Nexmark's events as a source: made as they are read, from any position. */
import type { Source, SourceReader, SourceRecord, SplitState } from '../../../topology/contract/source.ts'
import { Batch } from '../../../topology/element.ts'
import { Generator, type GeneratorOptions } from './generator.ts'

export interface NexmarkSourceOptions extends GeneratorOptions {
  /** How many events there are. */
  readonly events: number
  /** How many splits deal them out in turn: split i of s holds the events n with n mod s = i. @default 1 */
  readonly splits?: number
}

/** The position of a split is the n of its next event. */
export function nexmarkSource(options: NexmarkSourceOptions): Source {
  const splits = options.splits ?? 1
  return {
    discoverSplits: async () =>
      Array.from({ length: splits }, (_, index) => ({ id: String(index), index, start: index, stop: options.events })),
    createReader: () => new NexmarkReader(new Generator(options), options.events, splits),
    close: async () => {},
  }
}

export class NexmarkReader implements SourceReader {
  private readonly generator: Generator
  private readonly events: number
  private readonly stride: number
  private readonly splits: { readonly state: SplitState; next: number }[] = []

  constructor(generator: Generator, events: number, stride: number) {
    this.generator = generator
    this.events = events
    this.stride = stride
  }

  async assign(splits: readonly SplitState[]): Promise<void> {
    for (const state of splits) this.splits.push({ state, next: Number(state.position) })
  }

  /** Of the split that is furthest behind, so that none runs ahead in event time. */
  poll(maxRows: number): Batch<SourceRecord> | undefined {
    const { generator, events, stride, splits } = this
    let split = splits[0]
    for (const each of splits) if (each.next < split!.next) split = each
    if (split === undefined || split.next >= events) return undefined
    const rows = new Array(Math.min(maxRows, Math.ceil((events - split.next) / stride)))
    for (let i = 0; i < rows.length; i++) {
      rows[i] = generator.event(split.next)
      split.next += stride
    }
    return new Batch<SourceRecord>(rows, { split: split.state.index })
  }

  /** Nothing comes after the last event, and whatever comes before it is there. */
  wait(_timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.splits.some(({ next }) => next < this.events)) return Promise.resolve()
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  }

  atEnd(splitId: string): boolean {
    const split = this.splits.find(({ state }) => state.id === splitId)
    return split !== undefined && split.next >= this.events
  }

  snapshot(): readonly SplitState[] {
    return this.splits.map(({ state, next }) => ({ ...state, position: next }))
  }

  async close(): Promise<void> {}
}
