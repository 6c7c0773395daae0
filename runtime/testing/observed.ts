/** What a job under test says of itself: counters, gauges and log lines, written down. */
import type { Logger, MetricScope } from '../../topology/contract/observability.ts'

/** A line that an operator logged. */
export interface LoggedLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

type Labels = Readonly<Record<string, string>>

/** Added up over all subtasks, and kept over restarts. */
export class Observed {
  readonly lines: LoggedLine[] = []
  /** How far splits have come, as operators that align them have reported it. */
  readonly splitReports: (readonly [split: number, watermarkMs: number])[] = []
  readonly logger: Logger = this.loggerWith({})
  private readonly counters = new Map<string, Map<string, number>>()
  private readonly gauges = new Map<string, Map<string, number>>()

  /** What goes on counting where this one has stopped, with gauges of its own. */
  continued(): Observed {
    const next = new Observed()
    for (const [uid, counters] of this.counters) next.counters.set(uid, new Map(counters))
    next.lines.push(...this.lines)
    return next
  }

  /** The operators that have counted something. */
  get uids(): readonly string[] {
    return [...this.counters.keys()]
  }

  /** The counters of an operator, by name and labels: `records_quarantined_total{rule="json"}`. */
  countersOf(uid: string): ReadonlyMap<string, number> {
    return this.counters.get(uid) ?? new Map()
  }

  /** As `countersOf`; of several subtasks, what the last of them has set. */
  gaugesOf(uid: string): ReadonlyMap<string, number> {
    return this.gauges.get(uid) ?? new Map()
  }

  /** A counter, by name and labels, over all operators. */
  counter(series: string): number {
    let total = 0
    for (const counters of this.counters.values()) total += counters.get(series) ?? 0
    return total
  }

  metrics(uid: string): MetricScope {
    const counters = mapOf(this.counters, uid)
    const gauges = mapOf(this.gauges, uid)
    return {
      counter(name, labels = {}) {
        const series = seriesOf(name, labels)
        return { add: (count) => counters.set(series, (counters.get(series) ?? 0) + count) }
      },
      gauge: (name, labels = {}) => ({ set: (value) => gauges.set(seriesOf(name, labels), value) }),
      histogram: () => ({ observe() {} }),
      timed: (_name, _labels, fn) => fn(),
    }
  }

  private loggerWith(own: Readonly<Record<string, unknown>>): Logger {
    const at = (level: LoggedLine['level']) => (fields: Readonly<Record<string, unknown>>, message: string) => {
      this.lines.push({ level, fields: { ...own, ...fields }, message })
    }
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (fields) => this.loggerWith({ ...own, ...fields }),
    }
  }
}

function mapOf(maps: Map<string, Map<string, number>>, uid: string): Map<string, number> {
  let map = maps.get(uid)
  if (map === undefined) {
    map = new Map()
    maps.set(uid, map)
  }
  return map
}

function seriesOf(name: string, labels: Labels): string {
  const text = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  return text.length === 0 ? name : `${name}{${text.join(',')}}`
}
