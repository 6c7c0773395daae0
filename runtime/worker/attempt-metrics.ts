/** The metrics of an attempt's tasks: counters go on in the next attempt, gauges speak of tasks that run. */
import type { Gauge, MetricScope } from '../../topology/contract/observability.ts'

export type ScopeOf = (labels: Readonly<Record<string, string>>) => MetricScope

export class AttemptMetrics {
  private readonly scopeOf: ScopeOf
  private readonly gauges = new Set<Gauge>()

  constructor(scopeOf: ScopeOf) {
    this.scopeOf = scopeOf
  }

  scope(labels: Readonly<Record<string, string>>): MetricScope {
    const scope = this.scopeOf(labels)
    return {
      ...scope,
      gauge: (name, own) => {
        const gauge = scope.gauge(name, own)
        this.gauges.add(gauge)
        return gauge
      },
    }
  }

  /** The tasks have ended: the next attempt may have them in another worker, or fewer of them. */
  end(): void {
    for (const gauge of this.gauges) gauge.set(Number.NaN)
  }
}
