/** Shows the checkpoints of a job as metrics: how many, how the last one went, and what it was for each subtask. */
import type { CheckpointAcknowledgement, CheckpointDetail } from '../../topology/contract/job-detail.ts'
import type { Counter, Gauge, Histogram, MetricScope } from '../../topology/contract/observability.ts'

export class CheckpointMeter {
  private readonly scopeOf: (labels: Readonly<Record<string, string>>) => MetricScope
  private readonly completed: Counter
  private readonly failed: Counter
  private readonly inProgress: Gauge
  private readonly durationMs: Gauge
  private readonly sizeBytes: Gauge
  private readonly id: Gauge
  private readonly durations: Histogram
  private readonly sizes: Histogram
  /** Of the subtasks of the last checkpoint. */
  private gauges: readonly Gauge[] = []

  constructor(scopeOf: (labels: Readonly<Record<string, string>>) => MetricScope) {
    this.scopeOf = scopeOf
    const scope = scopeOf({})
    this.completed = scope.counter('number_of_completed_checkpoints_total')
    this.failed = scope.counter('number_of_failed_checkpoints_total')
    this.inProgress = scope.gauge('number_of_in_progress_checkpoints')
    this.durationMs = scope.gauge('last_checkpoint_duration_ms')
    this.sizeBytes = scope.gauge('last_checkpoint_size_bytes')
    this.id = scope.gauge('last_completed_checkpoint_id')
    this.durations = scope.histogram('checkpoint_duration_seconds')
    this.sizes = scope.histogram('checkpoint_size_bytes')
  }

  /** One is taken at a time. */
  changed(checkpoint: CheckpointDetail): void {
    const { state, acknowledged } = checkpoint
    this.inProgress.set(state === 'IN_PROGRESS' ? 1 : 0)
    if (state === 'IN_PROGRESS') return
    this.showSubtasks(acknowledged)
    if (state === 'COMPLETED') this.showCompleted(checkpoint)
    else this.failed.add(1)
  }

  private showCompleted({ id, durationMs, sizeBytes }: CheckpointDetail): void {
    this.completed.add(1)
    this.durationMs.set(durationMs)
    this.sizeBytes.set(sizeBytes)
    this.id.set(Number(id))
    this.durations.observe(durationMs / 1000)
    this.sizes.observe(sizeBytes)
  }

  /** Those of a checkpoint before that are not in this one show nothing: they may be gone by a rescale. */
  private showSubtasks(acknowledged: readonly CheckpointAcknowledgement[]): void {
    for (const gauge of this.gauges) gauge.set(Number.NaN)
    this.gauges = acknowledged.flatMap(({ uid, index, alignmentMs, startDelayMs }) => {
      const scope = this.scopeOf({ uid, subtask: String(index) })
      const alignment = scope.gauge('checkpoint_alignment_time_ms')
      const startDelay = scope.gauge('checkpoint_start_delay_ms')
      alignment.set(alignmentMs)
      startDelay.set(startDelayMs)
      return [alignment, startDelay]
    })
  }
}
