/** Tells which splits have had no data for a while, so that they don't hold the watermark back. */
import type { Clock } from '../../topology/contract/clock.ts'

/**
 * The task looks about once a second. Where more time lies between two looks, the process stood still: data may have come
 * meanwhile that nobody could read, so only this much of it counts.
 */
const MAX_STEP_MS = 2_000

export class SplitIdleness {
  private readonly clock: Clock
  private readonly idleAfterMs: number
  private readonly silentMs = new Map<number, number>()
  private readonly idle = new Set<number>()
  private lookedAtMs: number

  constructor(splits: readonly number[], clock: Clock, idleAfterMs = Number.POSITIVE_INFINITY) {
    this.clock = clock
    this.idleAfterMs = idleAfterMs
    this.lookedAtMs = clock.monotonicMs()
    for (const split of splits) this.silentMs.set(split, 0)
  }

  /** The split is read here too from now on. */
  add(split: number): void {
    this.silentMs.set(split, 0)
  }

  /** The split has data again. */
  active(split: number): void {
    if (this.idleAfterMs === Number.POSITIVE_INFINITY) return
    this.silentMs.set(split, 0)
    this.idle.delete(split)
  }

  isIdle(split: number): boolean {
    return this.idle.has(split)
  }

  /** The task was held back by what comes after it: that it read nothing meanwhile says nothing about the splits. */
  heldBack(): void {
    this.lookedAtMs = this.clock.monotonicMs()
  }

  /** Splits that have become idle since the last call. */
  newlyIdle(holdsWatermark: (split: number) => boolean): number[] {
    if (this.idleAfterMs === Number.POSITIVE_INFINITY) return []
    const nowMs = this.clock.monotonicMs()
    const stepMs = Math.min(nowMs - this.lookedAtMs, MAX_STEP_MS)
    this.lookedAtMs = nowMs
    const found: number[] = []
    for (const [split, beforeMs] of this.silentMs) {
      const silentMs = beforeMs + stepMs
      this.silentMs.set(split, silentMs)
      if (this.idle.has(split) || silentMs < this.idleAfterMs || holdsWatermark(split)) continue
      this.idle.add(split)
      found.push(split)
    }
    return found
  }
}
