/** Counts what passes one node: for metrics, progress and the closing table. */
import type { Counter, Gauge, MetricScope } from '../../topology/contract/observability.ts'
import { MIN_WATERMARK_MS, type Watermark } from '../../topology/element.ts'

export class NodeMeter {
  recordsIn = 0
  recordsOut = 0
  /** The last one that was sent; of a sink, that came. */
  watermarkMs = MIN_WATERMARK_MS
  private readonly inCounter: Counter
  private readonly outCounter: Counter
  private readonly inWatermark: Gauge
  private readonly outWatermark: Gauge

  constructor(metrics: MetricScope) {
    this.inCounter = metrics.counter('num_records_in_total')
    this.outCounter = metrics.counter('num_records_out_total')
    this.inWatermark = metrics.gauge('current_input_watermark_ms')
    this.outWatermark = metrics.gauge('current_output_watermark_ms')
  }

  received(count: number): void {
    this.recordsIn += count
    this.inCounter.add(count)
  }

  sent(count: number): void {
    this.recordsOut += count
    this.outCounter.add(count)
  }

  receivedWatermark(watermark: Watermark): void {
    if (isOfNode(watermark)) this.inWatermark.set(watermark.timestampMs)
  }

  sentWatermark(watermark: Watermark): void {
    if (!isOfNode(watermark)) return
    this.watermarkMs = watermark.timestampMs
    this.outWatermark.set(watermark.timestampMs)
  }
}

/** A split's is not yet that of a node, and +∞ would hide the last real one. */
function isOfNode({ timestampMs, split }: Watermark): boolean {
  return split === undefined && Number.isFinite(timestampMs)
}
