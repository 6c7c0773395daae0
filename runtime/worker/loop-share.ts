/** Lets timers, sockets and worker threads have their turn on the event loop while tasks are busy. */
import type { Clock } from '../../topology/contract/clock.ts'

/** How long a task may keep the loop to itself, milliseconds. */
const SLICE_MS = 4

/**
 * Shared by the tasks of a process. Promises alone never give way to anything else: a task that always finds work would
 * starve every timer. So tasks ask after each batch.
 */
export class LoopShare {
  private readonly clock: Clock
  private sinceMs: number

  constructor(clock: Clock) {
    this.clock = clock
    this.sinceMs = clock.monotonicMs()
  }

  /** A promise when it is time to give way, else undefined. */
  breathe(): Promise<void> | undefined {
    if (this.clock.monotonicMs() - this.sinceMs < SLICE_MS) return undefined
    return this.clock.turn().then(() => {
      this.sinceMs = this.clock.monotonicMs()
    })
  }
}
