/** When a task's operators want to be called: at once, or at a moment of processing time. */
import type { Clock } from '../../topology/contract/clock.ts'

/** The longest that timers of JavaScript can take; whoever is called too early asks again. */
const MAX_DELAY_MS = 2 ** 31 - 1

/** Of several moments the earliest counts. */
export class Wakes {
  /** Somebody is due: whoever waits for an element shall look around. */
  onDue: () => void = () => {}
  /** Somebody is due. */
  isDue = false
  isClosed = false
  private readonly clock: Clock
  private atMs = Number.POSITIVE_INFINITY
  private timer: Disposable | undefined
  private resume: () => void = () => {}

  constructor(clock: Clock) {
    this.clock = clock
  }

  at(atMs: number): void {
    if (this.isClosed || this.isDue || atMs >= this.atMs) return
    this.atMs = atMs
    this.timer?.[Symbol.dispose]()
    const delayMs = atMs - this.clock.nowMs()
    if (delayMs <= 0) this.fall()
    else this.timer = this.clock.schedule(Math.min(delayMs, MAX_DELAY_MS), () => this.fall())
  }

  /** Resolves once `other` has, or before that as soon as somebody is due or the task ends. For one who waits at a time. */
  until(other: Promise<unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.resume = resolve
      if (this.isDue || this.isClosed) resolve()
      other.then(() => resolve(), reject)
    })
  }

  /** Whoever was due is being called. @returns the time they are called at */
  take(): number {
    this.isDue = false
    this.atMs = Number.POSITIVE_INFINITY
    return this.clock.nowMs()
  }

  /** The task ends: nobody is called any more, and who waits for the next call waits no longer. */
  close(): void {
    this.isClosed = true
    this.timer?.[Symbol.dispose]()
    this.resume()
  }

  private fall(): void {
    this.isDue = true
    this.resume()
    this.onDue()
  }
}
