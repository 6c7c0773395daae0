/** Virtual time: one queue of events, one source of randomness, one trace. Nothing happens in a simulation but by it. */
import { seededRandom } from '../../jobs/medallion/simulator/random.ts'
import type { Random } from '../../topology/contract/clock.ts'
import type { SimulatedProcess } from './simulated-process.ts'

interface ScheduledEvent extends Disposable {
  readonly atMs: number
  /** Events of the same moment happen in the order in which they were scheduled. */
  readonly order: number
  readonly owner: SimulatedProcess | undefined
  readonly run: () => void
  isCancelled: boolean
}

export type WorldEnd = 'over' | 'deadline' | 'violation'

// Tests may forbid the real one while a simulation runs.
const { setImmediate: afterMicrotasks } = globalThis

export class World {
  readonly random: Random
  /** What happened, one line each; kept when asked for. */
  readonly trace: string[] = []
  /** What should never have happened. The first one ends the simulation. */
  readonly violations: string[] = []
  readonly isTraced: boolean
  nowMs = 0
  /** How many events there were. */
  events = 0
  /** How often each kind of thing worth counting happened. */
  readonly counts: Record<string, number> = {}
  private readonly heap: ScheduledEvent[] = []
  private scheduled = 0

  constructor(seed: number, isTraced: boolean) {
    this.random = seededRandom(`simulation ${seed}`)
    this.isTraced = isTraced
  }

  /** Calls `run` in `delayMs`: unless its owner is dead by then, and not before its owner goes on when it is stopped. */
  schedule(delayMs: number, run: () => void, owner?: SimulatedProcess): Disposable {
    return this.scheduleAt(this.nowMs + Math.max(0, delayMs), run, owner)
  }

  scheduleAt(atMs: number, run: () => void, owner?: SimulatedProcess): Disposable {
    const event: ScheduledEvent = {
      atMs,
      order: this.scheduled++,
      owner,
      run,
      isCancelled: false,
      [Symbol.dispose]() {
        event.isCancelled = true
      },
    }
    this.push(event)
    return event
  }

  /** Uniform between two numbers. */
  between(from: number, to: number): number {
    return from + this.random() * (to - from)
  }

  /** A whole number from `from` up to and including `to`. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.random() * (to - from + 1))
  }

  chance(probability: number): boolean {
    return this.random() < probability
  }

  pick<T>(among: readonly T[]): T {
    return among[Math.floor(this.random() * among.length)]!
  }

  /** `text` is made only when the trace is kept. */
  note(who: string, text: () => string): void {
    if (this.isTraced) this.trace.push(`${this.nowMs.toFixed(3).padStart(11)} ${who.padEnd(8)} ${text()}`)
  }

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }

  violate(what: string): void {
    this.note('VIOLATED', () => what)
    this.violations.push(what)
  }

  /**
   * Lets events happen until `isOver`. Between two of them everything goes on that waits for promises only, and comes to
   * rest: so nothing depends on how long it takes, and two runs of a seed are the same.
   */
  async run(isOver: () => boolean, deadlineMs: number): Promise<WorldEnd> {
    const crashed = (error: unknown) => this.violate(`nobody caught ${(error as Error)?.stack ?? String(error)}`)
    process.on('unhandledRejection', crashed)
    try {
      while (!isOver()) {
        const event = this.pop()
        if (event === undefined || event.atMs > deadlineMs) return 'deadline'
        this.nowMs = event.atMs
        if (event.isCancelled || event.owner?.state === 'dead') continue
        if (event.owner?.state === 'stopped') {
          event.owner.holdBack(event.run, () => event.isCancelled)
          continue
        }
        this.events++
        try {
          event.run()
        } catch (error) {
          crashed(error)
        }
        await new Promise((resolve) => afterMicrotasks(resolve))
        if (this.violations.length > 0) return 'violation'
      }
      return 'over'
    } finally {
      process.off('unhandledRejection', crashed)
    }
  }

  private push(event: ScheduledEvent): void {
    const { heap } = this
    let at = heap.push(event) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (isBefore(heap[parent]!, event)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = event
  }

  private pop(): ScheduledEvent | undefined {
    const { heap } = this
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (isBefore(last, heap[child]!)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return first
  }
}

function isBefore(a: ScheduledEvent, b: ScheduledEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
