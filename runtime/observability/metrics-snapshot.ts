/** What a process has measured, as plain JSON: how metrics come from workers to their coordinator, and add up there. */
import { AggregatorRegistry, type Registry } from 'prom-client'
import type { MetricValue } from '../../topology/contract/job-detail.ts'

/** All samples of one name. */
export interface MetricFamily {
  /** With the configured prefix. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** How samples with the same labels become one: prom-client's word for it. */
  readonly aggregator: string
  readonly values: readonly {
    /** Of a histogram's `_bucket`, `_sum` and `_count`. */
    readonly metricName?: string
    readonly labels: Readonly<Record<string, string | number>>
    readonly value: number
  }[]
}

export type MetricsSnapshot = readonly MetricFamily[]

export async function snapshotOf(registry: Registry): Promise<MetricsSnapshot> {
  // prom-client declares types as numbers, and says "counter".
  return (await registry.getMetricsAsJSON()) as unknown as MetricsSnapshot
}

/** Prometheus' text format, each family once. Samples with the same name and labels are summed. */
export function textOf(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  return AggregatorRegistry.aggregate([...snapshots]).metrics()
}

/** One snapshot of several. Samples with the same name and labels are summed. */
export function addUp(snapshots: readonly MetricsSnapshot[]): Promise<MetricsSnapshot> {
  return snapshotOf(AggregatorRegistry.aggregate([...snapshots]))
}

/** What still counts when the process is gone: gauges say what is, counters and histograms what has been. */
export function countersOf(snapshot: MetricsSnapshot): MetricsSnapshot {
  return snapshot.filter(({ type }) => type !== 'gauge')
}

/** The samples of a job; its name is no label of theirs. */
export function samplesOf(snapshot: MetricsSnapshot, job: string): readonly MetricValue[] {
  return snapshot.flatMap(({ name, values }) =>
    values
      .filter(({ labels }) => labels['job'] === job)
      .map(({ metricName = name, labels: { job: _job, ...labels }, value }) => ({
        name: metricName,
        labels: Object.fromEntries(Object.entries(labels).map(([label, text]) => [label, String(text)])),
        value,
      })),
  )
}
