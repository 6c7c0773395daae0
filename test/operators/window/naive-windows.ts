/** What windows of all kinds come to, by looking at every record and every window each time. */
export interface Sale {
  readonly user: string
  readonly cents: bigint
}

export type NaiveStep =
  | { readonly sale: Sale; readonly timestampMs: number }
  | { readonly watermarkMs: number }
  | 'restart'
  | 'drain'

export interface NaiveOptions {
  /** The windows of an event time, as they would be if it were alone: `[start, end)`. */
  readonly windowsOf: (timestampMs: number) => readonly (readonly [startMs: number, endMs: number])[]
  /** Whether windows that touch are one. */
  readonly merges?: boolean
  readonly latenessMs?: number
  readonly firesLate?: boolean
  readonly purges?: boolean
  readonly records?: number | undefined
  readonly earlyEventMs?: number | undefined
}

interface Open {
  readonly user: string
  startMs: number
  endMs: number
  pending: number
  sales: { readonly sale: Sale; readonly timestampMs: number }[]
}

/** A firing: whose, of when, and of which sales. */
export interface Firing {
  readonly user: string
  readonly startMs: number
  readonly endMs: number
  readonly sales: readonly Sale[]
  readonly greatestMs: number
}

export class NaiveWindows {
  readonly out: Firing[] = []
  readonly late: Sale[] = []
  private readonly options: Required<Omit<NaiveOptions, 'records' | 'earlyEventMs'>> & NaiveOptions
  private open: Open[] = []
  private watermarkMs = Number.NEGATIVE_INFINITY
  private drainedMs = Number.NEGATIVE_INFINITY

  constructor(options: NaiveOptions) {
    this.options = { merges: false, latenessMs: 0, firesLate: false, purges: false, ...options }
  }

  take(step: NaiveStep): void {
    if (step === 'restart') return
    if (step === 'drain') this.advance(Number.POSITIVE_INFINITY)
    else if ('watermarkMs' in step) this.advance(Math.max(step.watermarkMs, this.watermarkMs))
    else this.record(step.sale, step.timestampMs)
  }

  private record(sale: Sale, timestampMs: number): void {
    const taken = this.options.windowsOf(timestampMs).flatMap(([startMs, endMs]) => {
      const touching = this.open.filter(
        (each) =>
          each.user === sale.user &&
          (this.options.merges
            ? each.startMs <= endMs && each.endMs >= startMs
            : each.startMs === startMs && each.endMs === endMs),
      )
      if (touching.length === 0 && this.isClosed(endMs)) return []
      const window: Open = {
        user: sale.user,
        startMs: Math.min(startMs, ...touching.map((each) => each.startMs)),
        endMs: Math.max(endMs, ...touching.map((each) => each.endMs)),
        pending: touching.reduce((total, each) => total + each.pending, 1),
        sales: [...touching.flatMap(({ sales }) => sales), { sale, timestampMs }],
      }
      this.open = [...this.open.filter((each) => !touching.includes(each)), window]
      return [window]
    })
    if (taken.length === 0) this.late.push(sale)
    for (const window of taken) {
      const isLate = this.options.firesLate && window.endMs - 1 <= this.watermarkMs
      if (isLate || window.pending >= (this.options.records ?? Number.POSITIVE_INFINITY)) this.fire(window)
    }
  }

  private advance(toMs: number): void {
    const { firesLate, earlyEventMs, latenessMs, records } = this.options
    const isTracked = earlyEventMs !== undefined || records !== undefined
    for (const window of [...this.open]) {
      const { endMs } = window
      const firesAtMs = firesLate ? endMs - 1 : endMs - 1 + latenessMs
      const isDue = firesAtMs <= toMs && firesAtMs > this.watermarkMs
      if (isDue && (!isTracked || window.pending > 0)) this.fire(window)
      if (endMs - 1 + latenessMs > toMs || endMs === Number.POSITIVE_INFINITY) continue
      this.open = this.open.filter((each) => each !== window)
      if (toMs === Number.POSITIVE_INFINITY) this.drainedMs = Math.max(this.drainedMs, endMs)
    }
    if (toMs === Number.POSITIVE_INFINITY) return
    if (earlyEventMs !== undefined) {
      const passed = (ms: number) => Math.floor((ms + 1) / earlyEventMs)
      if (passed(toMs) > passed(this.watermarkMs)) {
        for (const window of [...this.open]) if (window.pending > 0) this.fire(window)
      }
    }
    this.watermarkMs = toMs
  }

  private fire(window: Open): void {
    const { user, startMs, endMs, sales } = window
    this.out.push({
      user,
      startMs,
      endMs,
      sales: sales.map(({ sale }) => sale),
      greatestMs: Math.max(...sales.map(({ timestampMs }) => timestampMs)),
    })
    window.pending = 0
    if (!this.options.purges) return
    window.sales = []
    if (!this.options.merges) this.open = this.open.filter((each) => each !== window)
  }

  private isClosed(endMs: number): boolean {
    return endMs - 1 + this.options.latenessMs <= this.watermarkMs || endMs <= this.drainedMs
  }
}
