/** A clock that stands still until a test moves it. */
import type { Clock } from '../../topology/contract/clock.ts'

export class ManualClock implements Clock {
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
      this.timeMs = due.atMs
      due.callback()
    }
    this.timeMs = untilMs
  }
}
