/** Which splits of a source's subtask are too far ahead in event time to be read on. */

/** As an eventTime in the source's chain asks for it. */
export interface AlignmentSettings {
  readonly group: string
  readonly maxDriftMs: number
}

export class SplitAlignment {
  readonly group: string
  private readonly maxDriftMs: number
  /** By split; those without any record yet hold nobody back, and are not held back. */
  private readonly watermarksMs = new Map<number, number>()
  private readonly paused = new Set<number>()
  /** The least of the group over all subtasks and sources; +∞ while nobody holds it back. */
  private groupMs = Number.POSITIVE_INFINITY

  constructor({ group, maxDriftMs }: AlignmentSettings) {
    this.group = group
    this.maxDriftMs = maxDriftMs
  }

  report(split: number, watermarkMs: number): void {
    this.watermarksMs.set(split, watermarkMs)
  }

  reportGroup(watermarkMs: number | null): void {
    this.groupMs = watermarkMs ?? Number.POSITIVE_INFINITY
  }

  /** The slowest of the splits that others wait for; null when there is none. */
  slowestMs(holdsNobody: (split: number) => boolean): number | null {
    let slowestMs: number | null = null
    for (const [split, watermarkMs] of this.watermarksMs) {
      if ((slowestMs === null || watermarkMs < slowestMs) && !holdsNobody(split)) slowestMs = watermarkMs
    }
    return slowestMs
  }

  /** Whether the split is ahead, as of the last `update`. */
  isPaused(split: number): boolean {
    return this.paused.has(split)
  }

  /**
   * Judges all splits anew. The slowest of the group is never ahead of itself, and what is known of the group lags behind
   * it: so somebody can always be read.
   */
  update(holdsNobody: (split: number) => boolean): { readonly pause: number[]; readonly resume: number[] } {
    const slowestMs = this.slowestMs(holdsNobody) ?? Number.POSITIVE_INFINITY
    const limitMs = Math.min(slowestMs, this.groupMs) + this.maxDriftMs
    const pause: number[] = []
    const resume: number[] = []
    for (const [split, watermarkMs] of this.watermarksMs) {
      const isAhead = watermarkMs > limitMs
      if (isAhead === this.paused.has(split)) continue
      if (isAhead) {
        this.paused.add(split)
        pause.push(split)
      } else {
        this.paused.delete(split)
        resume.push(split)
      }
    }
    return { pause, resume }
  }
}
