/** What a sink has sent, under Flink's names. */
import type { MetricScope } from '../../../topology/contract/observability.ts'

/** @param sent bytes before compression */
export function countSent(
  metrics: MetricScope,
  topic: string,
  sent: { readonly records: number; readonly bytes: number },
): void {
  metrics.counter('num_records_send_total', { topic }).add(sent.records)
  metrics.counter('num_bytes_send_total', { topic }).add(sent.bytes)
}
