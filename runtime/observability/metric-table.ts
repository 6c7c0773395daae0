/** Every metric Sluice exposes, described once: its type, its help, its own labels beside the scope's, its name in Flink. */

export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** What Flink calls it. Ours is the same in snake case, with the unit last. */
  readonly flink?: string
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
  num_records_in_total: {
    type: 'counter',
    flink: 'numRecordsIn',
    help: 'Records that reached an operator; of a source, those it read.',
  },
  num_records_out_total: { type: 'counter', flink: 'numRecordsOut', help: 'Records that left an operator.' },
  current_input_watermark_ms: {
    type: 'gauge',
    flink: 'currentInputWatermark',
    help: 'The last watermark that reached an operator, milliseconds since the epoch.',
  },
  current_output_watermark_ms: {
    type: 'gauge',
    flink: 'currentOutputWatermark',
    help: 'The last watermark that an operator sent, milliseconds since the epoch; of a sink, the last it has seen.',
  },
  watermark_lag_ms: {
    type: 'gauge',
    flink: 'watermarkLag',
    help: 'How far the output watermark is behind the wall clock.',
  },
  num_late_records_dropped_total: {
    type: 'counter',
    flink: 'numLateRecordsDropped',
    help: 'Records that came after their window, or the horizon, had closed. They leave by the output for late records.',
  },
  num_timed_out_matches_total: {
    type: 'counter',
    help: 'Matches that had begun and were not complete within the duration of their pattern.',
  },
  http_batches_total: {
    type: 'counter',
    help: 'Batches that an HTTP sink is done with, by outcome: delivered, refused.',
    labels: ['outcome'],
  },
  records_quarantined_total: { type: 'counter', help: 'Records put in quarantine, by rule.', labels: ['rule'] },
  records_dropped_total: { type: 'counter', help: 'Records dropped by a rule that says so.', labels: ['rule'] },
  records_warned_total: { type: 'counter', help: 'Records that broke a rule and went on.', labels: ['rule'] },
  records_failed_total: {
    type: 'counter',
    help: 'Records that failed the job by a rule that says so.',
    labels: ['rule'],
  },
  duplicates_total: { type: 'counter', help: 'Records dropped as duplicates within the horizon.' },
  schemas_awaited: {
    type: 'gauge',
    help: 'Whether a subtask waits for the schema registry: 1 while it fetches a schema that records name, else 0.',
  },
  async_requests_in_flight: {
    type: 'gauge',
    help: 'Calls of an asyncMap under way, and those whose results wait for their turn.',
  },
  async_failures_total: {
    type: 'counter',
    help: 'Records that an asyncMap sent to its side output: the call failed, or was not answered in time.',
    labels: ['reason'],
  },
  state_entries: { type: 'gauge', help: 'Keys held in state.', labels: ['state'] },
  records_skipped_total: {
    type: 'counter',
    help: 'Offsets of a split whose records retention took before they were read, where a job goes on without them.',
    labels: ['split'],
  },
  pending_records: {
    type: 'gauge',
    flink: 'pendingRecords',
    help: 'Records in a split of a source that the last checkpoint has not read.',
    labels: ['split'],
  },

  // tasks
  num_bytes_in_total: {
    type: 'counter',
    flink: 'numBytesIn',
    help: 'Bytes that reached a task: of record values at a source, of frames from other workers, else an estimate by rows.',
  },
  num_bytes_out_total: {
    type: 'counter',
    flink: 'numBytesOut',
    help: 'Bytes that a task sent to others: of frames to other workers, else an estimate by rows.',
  },
  busy_time_ms_per_second: {
    type: 'gauge',
    flink: 'busyTimeMsPerSecond',
    help: 'Milliseconds of the last second that a task spent on elements.',
  },
  idle_time_ms_per_second: {
    type: 'gauge',
    flink: 'idleTimeMsPerSecond',
    help: 'Milliseconds of the last second that a task waited for input.',
  },
  back_pressured_time_ms_per_second: {
    type: 'gauge',
    flink: 'backPressuredTimeMsPerSecond',
    help: 'Milliseconds of the last second that a task waited for room downstream.',
  },
  accumulate_busy_time_ms_total: {
    type: 'counter',
    flink: 'accumulateBusyTimeMs',
    help: 'Milliseconds that a task spent on elements.',
  },
  accumulate_idle_time_ms_total: {
    type: 'counter',
    flink: 'accumulateIdleTimeMs',
    help: 'Milliseconds that a task waited for input.',
  },
  accumulate_back_pressured_time_ms_total: {
    type: 'counter',
    flink: 'accumulateBackPressuredTimeMs',
    help: 'Milliseconds that a task waited for room downstream.',
  },
  input_queue_length: {
    type: 'gauge',
    flink: 'inputQueueLength',
    help: 'Batches and control elements that wait for a task.',
  },
  output_queue_length: {
    type: 'gauge',
    flink: 'outputQueueLength',
    help: 'Batches and control elements of a task that neither a reader in its worker nor a connection has taken.',
  },
  checkpoint_alignment_time_ms: {
    type: 'gauge',
    flink: 'checkpointAlignmentTime',
    help: 'Of the last checkpoint: from the first barrier at a task until all of its inputs had brought it.',
  },
  checkpoint_start_delay_ms: {
    type: 'gauge',
    flink: 'checkpointStartDelayNanos',
    help: 'Of the last checkpoint: from its trigger until the first barrier came to a task.',
  },

  // job
  last_checkpoint_duration_ms: {
    type: 'gauge',
    flink: 'lastCheckpointDuration',
    help: 'Time of the last complete checkpoint, from its trigger until every sink had committed.',
  },
  last_checkpoint_size_bytes: {
    type: 'gauge',
    flink: 'lastCheckpointSize',
    help: 'State of the last complete checkpoint.',
  },
  last_completed_checkpoint_id: {
    type: 'gauge',
    flink: 'lastCompletedCheckpointId',
    help: 'The last complete checkpoint.',
  },
  checkpoint_duration_seconds: {
    type: 'histogram',
    help: 'Times of complete checkpoints, from the trigger until every sink had committed.',
    buckets: SECONDS,
  },
  checkpoint_size_bytes: { type: 'histogram', help: 'State of complete checkpoints.', buckets: BYTES },
  number_of_completed_checkpoints_total: {
    type: 'counter',
    flink: 'numberOfCompletedCheckpoints',
    help: 'Checkpoints that every sink has committed.',
  },
  number_of_failed_checkpoints_total: {
    type: 'counter',
    flink: 'numberOfFailedCheckpoints',
    help: 'Checkpoints that have failed.',
  },
  number_of_in_progress_checkpoints: {
    type: 'gauge',
    flink: 'numberOfInProgressCheckpoints',
    help: 'Checkpoints that are being taken.',
  },
  num_restarts_total: { type: 'counter', flink: 'numRestarts', help: 'Attempts after a failure.' },

  // sinks
  sink_write_duration_seconds: {
    type: 'histogram',
    help: "Time from a batch's hand-over to its bytes being encoded, by table.",
    labels: ['table'],
    buckets: SECONDS,
  },
  sink_prepare_duration_seconds: {
    type: 'histogram',
    help: "Time from a barrier to a writer's durable committables, by table or topic.",
    labels: ['table', 'topic'],
    buckets: SECONDS,
  },
  sink_files_total: {
    type: 'counter',
    help: 'Files written: data files by table, segments that wait for their checkpoint by topic.',
    labels: ['table', 'topic'],
  },
  num_bytes_send_total: {
    type: 'counter',
    flink: 'numBytesSend',
    help: 'Bytes of data files written, by table; of records that a broker has acknowledged, before compression, by topic.',
    labels: ['table', 'topic'],
  },
  num_records_send_total: {
    type: 'counter',
    flink: 'numRecordsSend',
    help: 'Rows written to data files, by table; records that a broker has acknowledged, by topic: those of transactions that are aborted too.',
    labels: ['table', 'topic'],
  },
  commit_duration_seconds: {
    type: 'histogram',
    help: 'Time of a commit, retries included, by table or topic.',
    labels: ['table', 'topic'],
    buckets: SECONDS,
  },
  commits_total: {
    type: 'counter',
    help: 'Commits by table and outcome: committed, already-applied, conflict, unknown, failed.',
    labels: ['table', 'outcome'],
  },
  transactions_total: {
    type: 'counter',
    help: 'Transactions by topic and outcome: committed, aborted, fenced (another producer has the transactional id), unknown (no reply came; the markers then tell).',
    labels: ['topic', 'outcome'],
  },
  pending_committables: {
    type: 'gauge',
    flink: 'pendingCommittables',
    help: 'Segments of complete checkpoints that are not in the topic yet, by topic.',
    labels: ['topic'],
  },
  commit_retries_total: { type: 'counter', help: 'Commits that were tried again, by table.', labels: ['table'] },
} as const satisfies Readonly<Record<string, MetricDefinition>>

export type MetricName = keyof typeof METRICS
