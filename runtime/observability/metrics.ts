/** The metrics of a process: what it counts itself, and in a coordinator what its workers have counted. */
import { Registry } from 'prom-client'
import type { MetricValue } from '../../topology/contract/job-detail.ts'
import type { Counter, Gauge, Histogram, MetricScope } from '../../topology/contract/observability.ts'
import { type Labels, MetricFamilies } from './metric-families.ts'
import type { SCOPE_LABELS } from './metric-table.ts'
import { addUp, type MetricsSnapshot, samplesOf, snapshotOf, textOf } from './metrics-snapshot.ts'

export interface MetricsOptions {
  /** Goes before every name. */
  readonly prefix: string
  /** Wall clock for lags, monotonic for `timed`. */
  readonly clock: { nowMs(): number; monotonicMs(): number }
}

/** Measured elsewhere, such as by the workers of a job. */
export type CollectMetrics = () => Promise<readonly MetricsSnapshot[]>

export interface Metrics {
  /** Instruments of one operator or connector: `labels` of job, uid, subtask. */
  scope(labels: Readonly<Partial<Record<(typeof SCOPE_LABELS)[number], string>>>): MetricScope
  /** What this process has measured itself. */
  snapshot(): Promise<MetricsSnapshot>
  /** From now on, `text` and `values` show what is collected by it too. */
  include(collect: CollectMetrics): void
  /** All metrics in Prometheus' text format. */
  text(): Promise<string>
  /** All samples of a job. */
  values(job: string): Promise<readonly MetricValue[]>
}

/**
 * Metrics of one process. The same name and labels give the same instrument; an unknown name or label throws
 * `METRIC_UNKNOWN`, so that METRICS stays the whole list.
 */
export function createMetrics({ prefix, clock }: MetricsOptions): Metrics {
  const registry = new Registry()
  const families = new MetricFamilies(registry, prefix, clock)
  const included: CollectMetrics[] = []

  async function snapshots(): Promise<readonly MetricsSnapshot[]> {
    const collected = await Promise.all(included.map((collect) => collect()))
    return [await snapshotOf(registry), ...collected.flat()]
  }

  return {
    snapshot: () => snapshotOf(registry),
    include: (collect) => void included.push(collect),
    text: async () => textOf(await snapshots()),
    values: async (job) => samplesOf(await addUp(await snapshots()), job),
    scope(scopeLabels) {
      const base = definedOnly(scopeLabels)
      const scope: MetricScope = {
        counter: (name, labels) => families.instrument<Counter>(name, 'counter', { ...base, ...labels }),
        gauge: (name, labels) => families.instrument<Gauge>(name, 'gauge', { ...base, ...labels }),
        histogram: (name, labels) => families.instrument<Histogram>(name, 'histogram', { ...base, ...labels }),
        timed(name, labels, fn) {
          const histogram = scope.histogram(name, labels)
          const startMs = clock.monotonicMs()
          const observe = () => histogram.observe((clock.monotonicMs() - startMs) / 1000)
          let result: ReturnType<typeof fn>
          try {
            result = fn()
          } catch (error) {
            observe()
            throw error
          }
          if (result instanceof Promise) return result.finally(observe) as typeof result
          observe()
          return result
        },
      }
      return scope
    },
  }
}

function definedOnly(labels: Readonly<Record<string, string | undefined>>): Labels {
  return Object.fromEntries(Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
