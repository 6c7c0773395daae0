/** A source that outlives all processes: records of several splits, each readable from some moment on, by position. */
import type { Source, SourceReader, SourceRecord, SplitState } from '../../topology/contract/source.ts'
import { Batch } from '../../topology/element.ts'
import type { Machine } from './machines.ts'

export function eventSource(machine: Machine): Source {
  const { splits } = machine.machines.dataset
  return {
    discoverSplits: async () =>
      splits.map((events, index) => ({ id: `split ${index}`, index, start: 0, stop: events.length })),
    createReader: () => new EventReader(machine),
    close: async () => {},
  }
}

class EventReader implements SourceReader {
  private readonly machine: Machine
  private readonly splits: { readonly state: SplitState; position: number }[] = []
  private turn = 0

  constructor(machine: Machine) {
    this.machine = machine
  }

  async assign(splits: readonly SplitState[]): Promise<void> {
    for (const state of splits) this.splits.push({ state, position: Number(state.position) })
  }

  poll(maxRows: number): Batch<SourceRecord> | undefined | Promise<Batch<SourceRecord> | undefined> {
    const { machines, process } = this.machine
    const heldMs = machines.holdUpMs()
    if (heldMs === 0) return this.next(maxRows)
    return new Promise((resolve) => process.schedule(heldMs, () => resolve(this.next(maxRows))))
  }

  private next(maxRows: number): Batch<SourceRecord> | undefined {
    const { dataset, world } = this.machine.machines
    for (let tried = 0; tried < this.splits.length; tried++) {
      const split = this.splits[this.turn++ % this.splits.length]!
      const { index } = split.state
      const readable = dataset.splits[index]!.slice(split.position, this.readable(index))
      if (readable.length === 0) continue
      const rows = readable.slice(0, Math.min(maxRows, world.integer(1, 10)))
      split.position += rows.length
      return new Batch(rows, { split: index }) as unknown as Batch<SourceRecord>
    }
    return undefined
  }

  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { process } = this.machine
    await new Promise<void>((resolve) => {
      const timer = process.schedule(Math.min(timeoutMs, this.nextMs() - process.world.nowMs), resolve)
      signal.addEventListener(
        'abort',
        () => {
          timer[Symbol.dispose]()
          resolve()
        },
        { once: true },
      )
    })
  }

  atEnd(splitId: string): boolean {
    const split = this.splits.find(({ state }) => state.id === splitId)
    return split !== undefined && split.position >= Number(split.state.stop)
  }

  snapshot(): readonly SplitState[] {
    return this.splits.map(({ state, position }) => ({ ...state, position }))
  }

  async close(): Promise<void> {}

  /** How many records of a split can be read by now. */
  private readable(index: number): number {
    const { dataset, world } = this.machine.machines
    const paceMs = dataset.paceMs[index]!
    // Not to miss a record at the very moment at which it comes.
    return paceMs === 0 ? dataset.splits[index]!.length : Math.floor(world.nowMs / paceMs + 1e-6)
  }

  /** When there is more to read. */
  private nextMs(): number {
    const { paceMs } = this.machine.machines.dataset
    const unfinished = this.splits.filter(({ state, position }) => position < Number(state.stop))
    return Math.min(...unfinished.map(({ state, position }) => (position + 1) * paceMs[state.index]!))
  }
}
