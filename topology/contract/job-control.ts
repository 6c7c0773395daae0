/** Jobs as the CLI, the REST server and tests see and steer them. */
import type { Json } from '../json.ts'
import type {
  CheckpointDetail,
  CheckpointStatistics,
  JobDetail,
  JobExceptions,
  JobState,
  JobSummary,
  MetricValue,
  NumberedJobEvent,
  Overview,
  SubtaskDetail,
} from './job-detail.ts'

/**
 * A coordinator's jobs. Three things fill it: the coordinator of one job (application mode), the session's dispatcher,
 * which asks the coordinators of its jobs, and the REST client. A job's id is its name.
 *
 * Every method that takes an id throws `JOB_UNKNOWN`, with the nearest id there is. Methods that need a running job
 * throw `JOB_NOT_RUNNING`, naming the state it is in. Answers are snapshots: they never change afterwards.
 */
export interface JobControl {
  overview(): Promise<Overview>
  /** Those that have ended too, as long as the coordinator remembers them; the newest start first. */
  jobs(): Promise<readonly JobSummary[]>
  /**
   * Session only. Resolves once the job is INITIALIZING in a process of its own; what goes wrong from then on is
   * FAILED, with its reason in `exceptions` and `logs`.
   * @throws {SluiceError} `SUBMIT_REFUSED` in application mode, `JOB_PATH_REFUSED`, `JOB_NOT_FOUND`, `DATA_IN_USE`.
   */
  submit(request: SubmitRequest): Promise<JobSummary>
  job(id: string): Promise<JobDetail>
  /** The plan as `explainJson` gives it. */
  plan(id: string): Promise<Json>
  checkpoints(id: string): Promise<CheckpointStatistics>
  exceptions(id: string): Promise<JobExceptions>
  metrics(id: string): Promise<readonly MetricValue[]>
  /**
   * The subtasks of a vertex, in their order; backpressure and watermarks are derived from them.
   * @param uid of the vertex, or of any of its operators
   * @throws {SluiceError} `VERTEX_UNKNOWN`
   */
  subtasks(id: string, uid: string): Promise<readonly SubtaskDetail[]>
  /**
   * Takes a savepoint of a running job, which goes on. Resolves when it is complete, or once it is triggered.
   * @throws what made it fail
   */
  savepoint(id: string, options?: TriggerOptions): Promise<CheckpointDetail>
  /** As `savepoint`, but retired by later checkpoints as any other. */
  checkpoint(id: string, options?: TriggerOptions): Promise<CheckpointDetail>
  /** Takes a savepoint, commits it, ends the job: FINISHED. Resolves to the savepoint. */
  stop(id: string, options?: StopOptions): Promise<CheckpointDetail>
  /** Ends the job without a checkpoint: CANCELED. Resolves when it has ended; of a job that has ended already, at once. */
  cancel(id: string): Promise<void>
  /**
   * Takes a savepoint and goes on from it with another parallelism, in one step. Resolves when the job is RUNNING again.
   * @throws {SluiceError} `PARALLELISM` above the key groups; the job then goes on as it was.
   */
  rescale(id: string, options: RescaleOptions): Promise<JobSummary>
  /** First the remembered ones after `after`, then what comes, until the job has ended or `signal` aborts. */
  events(id: string, options?: EventOptions): Promise<AsyncIterable<NumberedJobEvent>>
  /** The last `tail` lines of its log without line ends, then with `follow` what comes. */
  logs(id: string, options?: LogOptions): Promise<AsyncIterable<string>>
  /** Stops every job with a savepoint, then ends the coordinator. Resolves when the jobs have ended. */
  shutdown(): Promise<void>
}

/** What `runtime submit` takes, for a job that runs under a session. */
export interface SubmitRequest {
  /** The job module: a path in the directory that the session allows, absolute or relative to it. */
  readonly file: string
  readonly parallelism?: number
  /** 0: in its coordinator's own process. */
  readonly workers?: number
  /** Variables of the configuration for this job, over those the session was started with. */
  readonly settings?: Readonly<Record<string, string>>
  /** Path or URI of a savepoint's manifest. */
  readonly fromSavepoint?: string
  readonly allowNonRestoredState?: boolean
  readonly allowRewind?: boolean
  /** Where sources begin that no checkpoint tells: `earliest`, `latest`, a time in ISO 8601, or `offset:1200`. */
  readonly from?: string
  /** Where they stop, likewise. */
  readonly until?: string
  readonly drain?: boolean
}

export interface TriggerOptions {
  /** Resolve as soon as it is triggered; `checkpoints` then tells how it gets on. @default false */
  readonly async?: boolean
}

export interface StopOptions {
  /** Close open windows first. @default false */
  readonly drain?: boolean
}

export interface RescaleOptions {
  /** Of every vertex whose operators don't fix theirs. */
  readonly parallelism: number
  /** @default as many as before */
  readonly workers?: number
}

export interface EventOptions {
  /** The id of the last event seen. One that is no longer remembered gives all that are. */
  readonly after?: string
  readonly signal?: AbortSignal
}

export interface LogOptions {
  /** @default 100 */
  readonly tail?: number
  /** @default false */
  readonly follow?: boolean
  readonly signal?: AbortSignal
}

// --- a job, in the process of its coordinator

/** What one node has done in this attempt. */
export interface NodeProgress {
  readonly uid: string
  readonly kind: string
  readonly recordsIn: number
  readonly recordsOut: number
  /** Milliseconds since the epoch; null before the first. */
  readonly watermarkMs: number | null
}

export interface CheckpointProgress {
  readonly id: bigint
  readonly kind: 'checkpoint' | 'savepoint'
  readonly completedAtMs: number
  readonly durationMs: number
  readonly sizeBytes: number
  /** URI of the manifest: what `--from-savepoint` takes. */
  readonly location: string
}

export interface JobStatus {
  readonly job: string
  readonly state: JobState
  readonly epoch: bigint
  /** URI of the checkpoint this attempt began from; undefined at a first start. */
  readonly restoredFrom: string | undefined
  readonly restoredCheckpointId: bigint | undefined
  readonly nodes: readonly NodeProgress[]
  readonly lastCheckpoint: CheckpointProgress | undefined
}

/** A job that was started. */
export interface JobRun {
  status(): JobStatus
  /** Takes a savepoint, commits it, and ends the job. Resolves to the savepoint. */
  stop(options?: StopOptions): Promise<CheckpointProgress>
  /** Ends the job without a checkpoint; the next attempt goes on from the last one. */
  cancel(): Promise<void>
  /** Resolves when the job has finished or stopped. @throws what made it fail */
  readonly done: Promise<JobStatus>
}
