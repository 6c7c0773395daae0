/** Tells which splits have come to an end for good, so that they hold the watermark back no more. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { SourceReader, SplitState } from '../../topology/contract/source.ts'

/** A split that ends without a batch, as an empty file, is noticed within this time, milliseconds. */
const LOOK_MS = 100

export class SplitEnds {
  private readonly reader: SourceReader
  private readonly clock: Clock
  /** By index: those that have an end and have not reached it. */
  private readonly open = new Map<number, SplitState>()
  private lookedAtMs = Number.NEGATIVE_INFINITY

  constructor(reader: SourceReader, clock: Clock) {
    this.reader = reader
    this.clock = clock
  }

  add(splits: readonly SplitState[]): void {
    for (const split of splits) if (split.isFinal === true) this.open.set(split.index, split)
    this.lookedAtMs = Number.NEGATIVE_INFINITY
  }

  /** Splits that have reached their end since the last call. */
  *newlyEnded(): Iterable<number> {
    if (this.open.size === 0) return
    const nowMs = this.clock.monotonicMs()
    if (nowMs - this.lookedAtMs < LOOK_MS) return
    this.lookedAtMs = nowMs
    for (const [index, { id }] of this.open) {
      if (!this.reader.atEnd(id)) continue
      this.open.delete(index)
      yield index
    }
  }
}
