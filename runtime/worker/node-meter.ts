/** Counts what passes one node: for metrics, progress and the closing table. */
import type { Counter, Gauge, MetricScope } from '../../topology/contract/observability.ts'
import { MIN_WATERMARK_MS } from '../../topology/element.ts'

export class NodeMeter {
  recordsIn = 0
  recordsOut = 0
  watermarkMs = MIN_WATERMARK_MS
  private readonly inCounter: Counter
  private readonly outCounter: Counter
  private readonly watermarkGauge: Gauge

  constructor(metrics: MetricScope) {
    this.inCounter = metrics.counter('records_in_total')
    this.outCounter = metrics.counter('records_out_total')
    this.watermarkGauge = metrics.gauge('watermark_ms')
  }

  received(count: number): void {
    this.recordsIn += count
    this.inCounter.add(count)
  }

  sent(count: number): void {
    this.recordsOut += count
    this.outCounter.add(count)
  }

  watermark(timestampMs: number): void {
    if (!Number.isFinite(timestampMs)) return
    this.watermarkMs = timestampMs
    this.watermarkGauge.set(timestampMs)
  }
}
