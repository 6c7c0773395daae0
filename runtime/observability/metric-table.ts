/** Every metric Sluice exposes, described once: its type, its help, its own labels beside the scope's. */

export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels?: readonly string[]
  /** Upper bounds, histograms only. */
  readonly buckets?: readonly number[]
}

/** Labels a scope may have: which part of a job its metrics are about. */
export const SCOPE_LABELS = ['job', 'uid', 'subtask'] as const

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
const BYTES = [1e3, 1e4, 1e5, 1e6, 4e6, 16e6, 64e6, 256e6, 1e9, 4e9]

export const METRICS = {
  // producer
  messages_produced_total: {
    type: 'counter',
    help: 'Events handed to a topic, by outcome: ok, invalid, failed.',
    labels: ['topic', 'status'],
  },
  produce_duration_seconds: {
    type: 'histogram',
    help: 'Time from publish to acknowledgement, retries included.',
    labels: ['topic'],
    buckets: SECONDS,
  },
  produce_retries_total: { type: 'counter', help: 'Publishes that were tried again.', labels: ['topic'] },

  // operators
  records_in_total: { type: 'counter', help: 'Records that reached an operator.' },
  records_out_total: { type: 'counter', help: 'Records that left an operator.' },
  bytes_in_total: { type: 'counter', help: 'Bytes of record values that a source read.' },
  records_late_total: { type: 'counter', help: 'Records that came after their window, or the horizon, had closed.' },
  records_quarantined_total: { type: 'counter', help: 'Records put in quarantine, by rule.', labels: ['rule'] },
  records_dropped_total: { type: 'counter', help: 'Records dropped by a rule that says so.', labels: ['rule'] },
  records_warned_total: { type: 'counter', help: 'Records that broke a rule and went on.', labels: ['rule'] },
  records_failed_total: {
    type: 'counter',
    help: 'Records that failed the job by a rule that says so.',
    labels: ['rule'],
  },
  duplicates_total: { type: 'counter', help: 'Records dropped as duplicates within the horizon.' },
  state_entries: { type: 'gauge', help: 'Keys held in state.', labels: ['state'] },

  // time
  watermark_ms: { type: 'gauge', help: 'Watermark, milliseconds since the epoch.' },
  watermark_lag_seconds: {
    type: 'gauge',
    help: 'How far the watermark is behind the wall clock. Derived from watermark_ms.',
  },
  source_lag_records: { type: 'gauge', help: 'Records in the source that are not read yet.', labels: ['split'] },

  // tasks
  busy_ms_total: { type: 'counter', help: 'Milliseconds a task spent on elements.' },
  idle_ms_total: { type: 'counter', help: 'Milliseconds a task waited for input.' },
  backpressured_ms_total: { type: 'counter', help: 'Milliseconds a task waited for room downstream.' },

  // checkpoints
  checkpoint_duration_seconds: {
    type: 'histogram',
    help: 'Time from the barrier until every sink has committed.',
    buckets: SECONDS,
  },
  checkpoint_size_bytes: { type: 'histogram', help: 'Bytes of a complete checkpoint.', buckets: BYTES },
  checkpoints_completed_total: { type: 'counter', help: 'Checkpoints that every sink has committed.' },

  // sinks
  sink_write_duration_seconds: {
    type: 'histogram',
    help: "Time from a batch's hand-over to its bytes being encoded, by table.",
    labels: ['table'],
    buckets: SECONDS,
  },
  sink_prepare_duration_seconds: {
    type: 'histogram',
    help: "Time from a barrier to a writer's durable committables, by table.",
    labels: ['table'],
    buckets: SECONDS,
  },
  sink_files_total: { type: 'counter', help: 'Data files written, by table.', labels: ['table'] },
  sink_bytes_total: { type: 'counter', help: 'Bytes of data files written, by table.', labels: ['table'] },
  sink_rows_total: { type: 'counter', help: 'Rows written, by table.', labels: ['table'] },
  commit_duration_seconds: {
    type: 'histogram',
    help: 'Time of a commit, retries included, by table.',
    labels: ['table'],
    buckets: SECONDS,
  },
  commits_total: {
    type: 'counter',
    help: 'Commits by table and outcome: committed, already-applied, conflict, unknown, failed.',
    labels: ['table', 'outcome'],
  },
  commit_retries_total: { type: 'counter', help: 'Commits that were tried again, by table.', labels: ['table'] },
} as const satisfies Readonly<Record<string, MetricDefinition>>

export type MetricName = keyof typeof METRICS
