/** A running job as the CLI, the REST server and tests see it. */

export type JobState = 'starting' | 'running' | 'stopping' | 'finished' | 'stopped' | 'failed'

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

export interface StopOptions {
  /** Close open windows first. @default false */
  readonly drain?: boolean
}

/** One attempt of a job. */
export interface JobRun {
  status(): JobStatus
  /** Takes a savepoint, commits it, and ends the job. Resolves to the savepoint. */
  stop(options?: StopOptions): Promise<CheckpointProgress>
  /** Ends the job without a checkpoint; the next attempt goes on from the last one. */
  cancel(): Promise<void>
  /** Resolves when the job has finished or stopped. @throws what made it fail */
  readonly done: Promise<JobStatus>
}
