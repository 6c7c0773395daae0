/**
 * What the control plane tells of a job, in the form it has as JSON: 64-bit numbers are strings, times are milliseconds
 * since the epoch, and what is not known is null, never left out. REST, its client, the CLI and a dashboard read these.
 */

/** Flink's words, and STOPPING, which Flink shows as RUNNING. */
export type JobState =
  /** Its coordinator is starting: loading the module, taking the epoch, reading the checkpoint, fencing sinks. */
  | 'INITIALIZING'
  /** Workers and tasks are being started. */
  | 'CREATED'
  | 'RUNNING'
  /** A last savepoint is being taken, or a bounded job is taking its last checkpoint. */
  | 'STOPPING'
  /** A task or worker has failed; what is left of the attempt is being ended. */
  | 'FAILING'
  /** Waiting for the restart strategy, or starting the next attempt. */
  | 'RESTARTING'
  | 'CANCELLING'
  /** Its coordinator is gone without having ended the job; the session starts it again. */
  | 'SUSPENDED'
  /** Ended: by its bound, or by a stop with its savepoint. */
  | 'FINISHED'
  /** Ended without a checkpoint, on demand. */
  | 'CANCELED'
  /** Ended: the restart strategy gave up. */
  | 'FAILED'

/** Flink's ExecutionState (which spells CANCELING with one L). */
export type TaskState =
  | 'CREATED'
  | 'DEPLOYING'
  | 'INITIALIZING'
  | 'RUNNING'
  | 'FINISHED'
  | 'CANCELING'
  | 'CANCELED'
  | 'FAILED'

/** A coordinator, and all it has. */
export interface Overview {
  /** Of Sluice. */
  readonly version: string
  /** `application`: it runs one job and ends with it. `session`: it outlives its jobs. */
  readonly mode: 'application' | 'session'
  readonly pid: number
  readonly startedAtMs: number
  readonly jobsRunning: number
  readonly jobsFinished: number
  readonly jobsCanceled: number
  readonly jobsFailed: number
  /** Worker processes, over all jobs. */
  readonly workers: number
}

export interface JobSummary {
  /** The job's name. */
  readonly id: string
  readonly state: JobState
  /** Of its coordinator, not of the last attempt. */
  readonly startedAtMs: number
  /** Null while it has not ended. */
  readonly endedAtMs: number | null
  readonly durationMs: number
  /** The greatest over its vertices. */
  readonly parallelism: number
  readonly workers: number
  /** Attempts after the first. */
  readonly restarts: number
}

export interface JobDetail extends JobSummary {
  /** Path of the job module, as it was submitted. */
  readonly file: string
  /** Of the attempt that runs or ran last. */
  readonly epoch: string
  readonly planFingerprint: string
  readonly keyGroups: number
  readonly workerProcesses: readonly WorkerDetail[]
  /** In topological order. */
  readonly vertices: readonly VertexDetail[]
  readonly lastCheckpoint: CheckpointSummary | null
  /** Why it failed, or what its last restart was for. */
  readonly rootException: ExceptionEntry | null
}

export interface WorkerDetail {
  /** Its name within the job: what exceptions and subtasks call it. */
  readonly id: string
  readonly pid: number
  readonly state: 'STARTING' | 'RUNNING' | 'LOST' | 'ENDED'
  readonly startedAtMs: number
  readonly lastHeartbeatAtMs: number | null
  readonly subtasks: number
}

/** What a task has done in this attempt, and how it spends its time now. */
export interface TaskFigures {
  readonly recordsIn: number
  readonly recordsOut: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** The three add up to about 1000 for one subtask; a vertex shows the mean over its subtasks. */
  readonly busyMsPerSecond: number
  readonly idleMsPerSecond: number
  readonly backpressuredMsPerSecond: number
  /** Null before the first; a vertex shows the least over its subtasks. */
  readonly watermarkMs: number | null
}

/** A stage of the plan: a chain of operators that runs as one task per subtask. */
export interface VertexDetail extends TaskFigures {
  /** The stage's id. Wherever a request names a vertex, the uid of any of its operators does as well. */
  readonly uid: string
  /** Its operators, joined by arrows. */
  readonly name: string
  /** Of the operator it begins with. */
  readonly kind: string
  readonly parallelism: number
  /** The least advanced of its subtasks'; FAILED as soon as one is. */
  readonly state: TaskState
  readonly operators: readonly OperatorFigures[]
}

export interface OperatorFigures {
  readonly uid: string
  readonly kind: string
  readonly recordsIn: number
  readonly recordsOut: number
  readonly watermarkMs: number | null
}

export interface SubtaskDetail extends TaskFigures {
  readonly index: number
  readonly state: TaskState
  /** Null while no worker has it. */
  readonly worker: string | null
  readonly pid: number | null
  readonly startedAtMs: number | null
  readonly durationMs: number
  /** Batches that wait before it. */
  readonly inputQueueLength: number
  /** Batches that it has sent and that nobody has taken. */
  readonly outputQueueLength: number
}

export interface CheckpointSummary {
  readonly id: string
  readonly epoch: string
  readonly kind: 'checkpoint' | 'savepoint'
  readonly state: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED'
  readonly triggeredAtMs: number
  /** When it completed or failed. */
  readonly endedAtMs: number | null
  /** From the barrier until every sink has committed; so far, while it is in progress. */
  readonly durationMs: number
  /** Of all state it names. */
  readonly sizeBytes: number
  /** The longest over its subtasks; null before the first has acknowledged. */
  readonly alignmentMs: number | null
  readonly startDelayMs: number | null
  /** URI of the manifest: what `--from-savepoint` takes. Null before it is complete. */
  readonly location: string | null
  /** Null unless it failed. */
  readonly failure: { readonly code: string; readonly message: string } | null
}

export interface CheckpointDetail extends CheckpointSummary {
  /** Of those that acknowledged, in the order in which they did. */
  readonly acknowledged: readonly CheckpointAcknowledgement[]
  /** Subtasks that have to acknowledge. */
  readonly subtasks: number
}

export interface CheckpointAcknowledgement {
  readonly uid: string
  readonly index: number
  readonly acknowledgedAtMs: number
  /** From the coordinator's trigger until the first barrier came to the task. */
  readonly startDelayMs: number
  /** From the first barrier until the last of its inputs had brought it. */
  readonly alignmentMs: number
  /** From the cut until all state was durable. */
  readonly snapshotMs: number
  readonly sizeBytes: number
}

/** Of this coordinator; what the store retains from before it is in the store. */
export interface CheckpointStatistics {
  readonly restored: number
  readonly total: number
  readonly inProgress: number
  readonly completed: number
  readonly failed: number
  readonly latestCompleted: CheckpointSummary | null
  readonly latestSavepoint: CheckpointSummary | null
  readonly latestFailed: CheckpointSummary | null
  /** What the attempt began from. */
  readonly latestRestored: {
    readonly id: string
    readonly kind: 'checkpoint' | 'savepoint'
    readonly location: string
    readonly restoredAtMs: number
  } | null
  /** The newest first, those in progress included; how many is the coordinator's choice, at least 10. */
  readonly history: readonly CheckpointDetail[]
}

export interface ExceptionEntry {
  readonly atMs: number
  /** Of a SluiceError; INTERNAL for any other. */
  readonly code: string
  readonly message: string
  readonly fix: string | null
  readonly stack: string | null
  /** The subtask it came from, where it came from one. */
  readonly task: { readonly uid: string; readonly index: number } | null
  readonly worker: string | null
  /** The record that was at hand, where that is known. */
  readonly record: { readonly topic: string; readonly partition: number; readonly offset: string } | null
  /** The attempt that it ended. */
  readonly epoch: string
}

export interface JobExceptions {
  /** The last one; null when there was none. */
  readonly root: ExceptionEntry | null
  /** The newest first, `root` included. */
  readonly history: readonly ExceptionEntry[]
  /** Whether older ones were let go. */
  readonly truncated: boolean
}

/** One sample at one moment; a histogram is several: `_bucket`, `_sum`, `_count`, as in Prometheus' text. */
export interface MetricValue {
  /** With the configured prefix. */
  readonly name: string
  /** `uid`, `subtask`, and the metric's own. */
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What happens to a job, as it happens. */
export type JobEvent =
  | { readonly type: 'state'; readonly atMs: number; readonly state: JobState; readonly previous: JobState | null }
  /** It was triggered, completed or failed. */
  | { readonly type: 'checkpoint'; readonly atMs: number; readonly checkpoint: CheckpointSummary }
  | { readonly type: 'exception'; readonly atMs: number; readonly exception: ExceptionEntry }
  | { readonly type: 'worker'; readonly atMs: number; readonly worker: WorkerDetail }
  /** About once a second while it runs. */
  | { readonly type: 'progress'; readonly atMs: number; readonly vertices: readonly VertexDetail[] }

/** An event with its place in the order of one coordinator's events. */
export interface NumberedJobEvent {
  /** Opaque: what `after` takes to go on behind it. */
  readonly id: string
  readonly event: JobEvent
}
