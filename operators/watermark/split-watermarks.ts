/** The watermark over several splits: each as far as its own records, together as far as the slowest. */

/** A source without splits counts as this one. */
export const ONLY_SPLIT = -1

interface Split {
  /** The greatest event time seen; −∞ before the first. */
  maxMs: number
  active: boolean
  /** Whether this subtask reads it. */
  isRead: boolean
}

/** Bounded out-of-orderness per split, minimum over the active ones. Never regresses. */
export class SplitWatermarks {
  private readonly splits = new Map<number, Split>()
  /** What a checkpoint knew of splits, those included that another subtask reads now. */
  private readonly restored: ReadonlyMap<number, number>
  private readonly outOfOrdernessMs: number
  private emittedMs: number
  /** Whether somebody says which splits are read here. */
  private announces = false

  /** `restored`: the greatest event time of every split at the checkpoint, `emittedMs` the last watermark then. */
  constructor(outOfOrdernessMs: number, restored: ReadonlyMap<number, number>, emittedMs: number) {
    this.outOfOrdernessMs = outOfOrdernessMs
    this.restored = restored
    this.emittedMs = emittedMs
  }

  /** The last watermark that went out. */
  get watermarkMs(): number {
    return this.emittedMs
  }

  /** The split is read here: from now on nothing overtakes it. */
  announce(split: number): void {
    this.announces = true
    const known = this.of(split)
    known.active = true
    known.isRead = true
  }

  /**
   * A record of the split was read, with this event time at most. One that another subtask reads now, whose record was
   * kept in state over a rescale, has nothing to say here: it would hold the others back for ever.
   */
  observe(split: number, maxMs: number): void {
    const known = this.of(split)
    if (!this.announces) known.isRead = true
    known.active = known.isRead
    if (maxMs > known.maxMs) known.maxMs = maxMs
  }

  /** The watermark of one split; −∞ before its first record. */
  watermarkOf(split: number): number {
    return this.of(split).maxMs - this.outOfOrdernessMs - 1
  }

  /** The split has nothing for now: the others go on without it. */
  idle(split: number): void {
    this.of(split).active = false
  }

  /** Whether any split is active. */
  get anyActive(): boolean {
    for (const split of this.splits.values()) if (split.active) return true
    return false
  }

  /** The watermark, when it has grown since it was last taken. */
  takeGrown(): number | undefined {
    let slowestMs = Number.POSITIVE_INFINITY
    for (const split of this.splits.values()) if (split.active && split.maxMs < slowestMs) slowestMs = split.maxMs
    const watermarkMs = slowestMs - this.outOfOrdernessMs - 1
    if (slowestMs === Number.POSITIVE_INFINITY || watermarkMs <= this.emittedMs) return undefined
    this.emittedMs = watermarkMs
    return watermarkMs
  }

  /**
   * The greatest event time of every split that is read here and has one. A stream without splits has none to tell: its
   * last watermark says the same.
   */
  *maxima(): Iterable<readonly [split: number, maxMs: number]> {
    for (const [split, { maxMs, isRead }] of this.splits) {
      if (isRead && split !== ONLY_SPLIT && maxMs > Number.NEGATIVE_INFINITY) yield [split, maxMs]
    }
  }

  private of(split: number): Split {
    let known = this.splits.get(split)
    if (known === undefined) {
      known = { maxMs: this.restored.get(split) ?? Number.NEGATIVE_INFINITY, active: false, isRead: false }
      this.splits.set(split, known)
    }
    return known
  }
}
