/** Work in slices: how long it may go on before the event loop gets its turn. */
import type { Clock } from '../../topology/contract/clock.ts'
import { systemClock } from '../time/system-clock.ts'

export interface PaceOptions {
  /** How long a slice of encoding lasts, milliseconds. @default 4 */
  readonly sliceMs?: number
  /** How many entries a slice has at most, so that it also ends where time stands still. @default 65,536 */
  readonly sliceEntries?: number
  /** @default the clock of the machine */
  readonly clock?: Pick<Clock, 'monotonicMs' | 'turn'>
}

export class Pace {
  /** No more entries than this between two looks at the clock. */
  readonly stride: number
  private readonly sliceMs: number
  private readonly sliceEntries: number
  private readonly clock: Pick<Clock, 'monotonicMs' | 'turn'>
  private sinceMs: number
  private entries = 0

  constructor({ sliceMs = 4, sliceEntries = 65_536, clock = systemClock }: PaceOptions = {}) {
    this.sliceMs = sliceMs
    this.sliceEntries = sliceEntries
    this.clock = clock
    this.sinceMs = clock.monotonicMs()
    this.stride = Math.min(64, sliceEntries)
  }

  /** Whether the slice is over, now that `entries` more are done. */
  isOver(entries: number): boolean {
    this.entries += entries
    return this.entries >= this.sliceEntries || this.clock.monotonicMs() - this.sinceMs >= this.sliceMs
  }

  /** Gives the event loop its turn; the next slice begins when it resolves. */
  async nextSlice(): Promise<void> {
    await this.clock.turn()
    this.entries = 0
    this.sinceMs = this.clock.monotonicMs()
  }
}
