/** Tells which splits have had no data for a while, so that they don't hold the watermark back. */
import type { Clock } from '../../topology/contract/clock.ts'

export class SplitIdleness {
  private readonly clock: Clock
  private readonly idleAfterMs: number
  private readonly lastDataMs = new Map<number, number>()
  private readonly idle = new Set<number>()

  constructor(splits: readonly number[], clock: Clock, idleAfterMs = Number.POSITIVE_INFINITY) {
    this.clock = clock
    this.idleAfterMs = idleAfterMs
    for (const split of splits) this.lastDataMs.set(split, clock.monotonicMs())
  }

  /** The split has data again. */
  active(split: number): void {
    if (this.idleAfterMs === Number.POSITIVE_INFINITY) return
    this.lastDataMs.set(split, this.clock.monotonicMs())
    this.idle.delete(split)
  }

  /** Splits that have become idle since the last call. */
  newlyIdle(holdsWatermark: (split: number) => boolean): number[] {
    if (this.idleAfterMs === Number.POSITIVE_INFINITY) return []
    const nowMs = this.clock.monotonicMs()
    const found: number[] = []
    for (const [split, lastMs] of this.lastDataMs) {
      if (this.idle.has(split) || nowMs - lastMs < this.idleAfterMs || holdsWatermark(split)) continue
      this.idle.add(split)
      found.push(split)
    }
    return found
  }
}
