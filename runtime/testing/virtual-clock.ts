/** A clock that stands still until a test moves it. */
import type { Clock } from '../../topology/contract/clock.ts'

export class VirtualClock implements Clock {
  private timeMs: number
  private readonly timers = new Set<{ readonly atMs: number; readonly callback: () => void }>()

  constructor(startMs = 0) {
    this.timeMs = startMs
  }

  nowMs(): number {
    return this.timeMs
  }

  monotonicMs(): number {
    return this.timeMs
  }

  schedule(delayMs: number, callback: () => void): Disposable {
    const timer = { atMs: this.timeMs + delayMs, callback }
    this.timers.add(timer)
    return { [Symbol.dispose]: () => void this.timers.delete(timer) }
  }

  turn(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(resolve)
    })
  }

  /** Moves time, calling what was scheduled meanwhile, in order. */
  advance(byMs: number): void {
    const untilMs = this.timeMs + byMs
    for (;;) {
      const due = [...this.timers].filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0]
      if (due === undefined) break
      this.timers.delete(due)
      this.timeMs = Math.max(this.timeMs, due.atMs)
      due.callback()
    }
    this.timeMs = untilMs
  }

  /** Moves time as it passes for a process that stands still: what was scheduled meanwhile is called late. */
  stall(byMs: number): void {
    this.timeMs += byMs
    this.advance(0)
  }
}
