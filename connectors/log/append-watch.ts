/** Waits for appends: at once for those of this process, within 20 ms for those of others. */
import type { Clock } from '../../topology/contract/clock.ts'

/** How often other processes' commits are looked for while somebody waits. */
const POLL_INTERVAL_MS = 20

export class AppendWatch {
  private readonly clock: Clock
  private readonly dataVersion: () => number
  private readonly waiters = new Set<() => void>()

  /** `dataVersion` must differ between two calls when anybody has committed in between. */
  constructor(clock: Clock, dataVersion: () => number) {
    this.clock = clock
    this.dataVersion = dataVersion
  }

  /** Lets every waiter go: somebody here has appended, or the log closes. */
  notify(): void {
    for (const wake of this.waiters) wake()
  }

  /** Resolves when the version is no longer `seenVersion`, after `timeoutMs`, or when `signal` is aborted. */
  wait(seenVersion: number, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.dataVersion() !== seenVersion) return Promise.resolve()
    const { clock, waiters } = this
    const deadlineMs = clock.monotonicMs() + timeoutMs
    return new Promise((resolve) => {
      const wake = () => {
        timer[Symbol.dispose]()
        waiters.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const look = () => {
        if (this.dataVersion() !== seenVersion || clock.monotonicMs() >= deadlineMs) wake()
        else timer = schedule()
      }
      const schedule = () =>
        clock.schedule(Math.max(0, Math.min(POLL_INTERVAL_MS, deadlineMs - clock.monotonicMs())), look)
      let timer = schedule()
      waiters.add(wake)
      signal.addEventListener('abort', wake, { once: true })
    })
  }
}
