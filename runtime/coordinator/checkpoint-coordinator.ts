/** Takes checkpoints: barriers out, acknowledgements in, manifest durable, then commits. One at a time. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { CheckpointProgress } from '../../topology/contract/job-control.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import { SluiceError } from '../../topology/errors.ts'
import type { Plan } from '../../topology/plan/plan.ts'
import type { CheckpointStore } from '../checkpoint/checkpoint-store.ts'
import type { CheckpointKind, Manifest } from '../checkpoint/manifest.ts'
import { faultPoint } from '../fault-point.ts'
import { type SnapshotTimes, type TaskName, type TaskSnapshot, taskId } from '../protocol/messages.ts'
import { buildManifest } from './build-manifest.ts'
import type { CheckpointRecord, CheckpointStatisticsRecorder } from './checkpoint-statistics.ts'
import type { Committers } from './committers.ts'

export interface CheckpointSettings {
  /** From the beginning of one to that of the next, milliseconds. */
  readonly intervalMs: number
  /** From the end of one to the beginning of the next at least, milliseconds. @default 0 */
  readonly minPauseMs?: number
  /** One that takes longer has failed, milliseconds. @default 600,000 */
  readonly timeoutMs?: number
  /** How many in a row may fail before the attempt does. @default 0 */
  readonly toleratedFailures?: number
}

/** The tasks of the attempt, as far as checkpoints are concerned. */
export interface CheckpointTasks {
  trigger(checkpointId: bigint, triggeredAtMs: number): void
  complete(checkpointId: bigint): void
  abort(checkpointId: bigint): void
}

export interface CheckpointCoordinatorOptions {
  readonly plan: Plan
  readonly store: CheckpointStore
  readonly committers: Committers
  readonly tasks: CheckpointTasks
  readonly settings: CheckpointSettings
  readonly statistics: CheckpointStatisticsRecorder
  readonly clock: Clock
  readonly logger: Logger
  /** A checkpoint made the attempt fail. */
  readonly onFailure: (error: unknown) => void
}

interface Pending {
  readonly checkpointId: bigint
  readonly record: CheckpointRecord
  readonly acknowledged: Map<string, TaskSnapshot>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** The checkpoint has failed, and the attempt may go on: nothing of it is durable, and its output stays owed. */
class CheckpointGivenUp extends SluiceError {}

export class CheckpointCoordinator {
  private readonly options: CheckpointCoordinatorOptions
  private readonly subtasks: number
  private nextId: bigint
  private completedId: bigint | undefined
  private pending: Pending | undefined
  private last: CheckpointProgress | undefined
  private queue: Promise<unknown> = Promise.resolve()
  private timer: Disposable | undefined
  private failuresInARow = 0
  private failure: unknown

  constructor(options: CheckpointCoordinatorOptions) {
    this.options = options
    this.subtasks = options.plan.stages.reduce((sum, stage) => sum + stage.parallelism, 0)
    this.nextId = options.store.lastCheckpointId + 1n
  }

  get lastCheckpoint(): CheckpointProgress | undefined {
    return this.last
  }

  /** Takes one every interval from now on. */
  schedule(delayMs = this.options.settings.intervalMs): void {
    const { clock, settings, onFailure } = this.options
    const { intervalMs, minPauseMs = 0 } = settings
    this.timer = clock.schedule(delayMs, () => {
      const startedMs = clock.monotonicMs()
      this.trigger('checkpoint').then(
        () => this.next(Math.max(minPauseMs, intervalMs - (clock.monotonicMs() - startedMs))),
        (error: unknown) => {
          if (this.isTolerated(error)) this.next(Math.max(minPauseMs, intervalMs))
          else onFailure(error)
        },
      )
    })
  }

  /**
   * Takes a checkpoint after those already asked for, and applies it at every sink. Resolves once that is done.
   *
   * @throws {SluiceError} `CHECKPOINT_TIMEOUT`, or what a task could not take its snapshot for: the attempt may go on. Any
   * other error ends it: what is unknown then, and what is owed, the next attempt finds out.
   */
  trigger(kind: CheckpointKind, onTriggered?: (checkpointId: bigint) => void): Promise<CheckpointProgress> {
    const taken = this.queue.then(() => this.take(kind, onTriggered))
    this.queue = taken.catch(() => undefined)
    return taken
  }

  acknowledge(task: TaskName, checkpointId: bigint, snapshot: TaskSnapshot, times: SnapshotTimes): void {
    const { pending } = this
    if (pending?.checkpointId !== checkpointId) return
    pending.acknowledged.set(taskId(task), snapshot)
    const sizeBytes = snapshot.stage.keyed.reduce((sum, reference) => sum + reference.sizeBytes, 0)
    const { stage: uid, subtask: index } = task
    pending.record.acknowledged({ uid, index, acknowledgedAtMs: this.options.clock.nowMs(), sizeBytes, ...times })
    if (pending.acknowledged.size === this.subtasks) pending.resolve()
  }

  decline(task: TaskName, checkpointId: bigint, cause: SluiceError): void {
    if (this.pending?.checkpointId !== checkpointId) return
    this.pending.reject(
      new CheckpointGivenUp(cause.code, `checkpoint ${checkpointId}: ${taskId(task)}: ${cause.message}`, {
        cause,
        ...(cause.fix === undefined ? {} : { fix: cause.fix }),
        details: { ...cause.details, checkpoint: String(checkpointId), task: taskId(task) },
      }),
    )
  }

  /** The attempt has failed: what is under way can't complete. */
  fail(error: unknown): void {
    this.failure ??= error
    this.stop()
    this.pending?.reject(error)
  }

  /** Resolves when none is being taken or applied any more. */
  get idle(): Promise<unknown> {
    return this.queue
  }

  /** No further periodic ones. */
  stop(): void {
    this.timer?.[Symbol.dispose]()
    this.timer = undefined
  }

  private next(delayMs: number): void {
    // Stopped meanwhile: then there is no timer to replace.
    if (this.timer !== undefined && this.failure === undefined) this.schedule(Math.max(0, delayMs))
  }

  private isTolerated(error: unknown): boolean {
    return error instanceof CheckpointGivenUp && this.failuresInARow <= (this.options.settings.toleratedFailures ?? 0)
  }

  private async take(kind: CheckpointKind, onTriggered?: (checkpointId: bigint) => void): Promise<CheckpointProgress> {
    const { store, committers, clock, logger, statistics, tasks, onFailure } = this.options
    if (this.failure !== undefined) throw this.failure
    const startedMs = clock.monotonicMs()
    const checkpointId = this.nextId++
    const triggeredAtMs = clock.nowMs()
    const record = statistics.triggered({
      id: checkpointId,
      epoch: store.epoch,
      kind,
      atMs: triggeredAtMs,
      subtasks: this.subtasks,
    })
    onTriggered?.(checkpointId)
    try {
      const manifest = await this.manifest(kind, checkpointId, triggeredAtMs, record)
      const location = await store.complete(manifest)
      this.completedId = checkpointId
      tasks.complete(checkpointId)
      await committers.commit(manifest, store.epoch)
      const durationMs = clock.monotonicMs() - startedMs
      const sizeBytes = manifest.keyed.reduce((sum, reference) => sum + reference.sizeBytes, 0)
      this.failuresInARow = 0
      this.last = { id: checkpointId, kind, completedAtMs: manifest.createdAtMs, durationMs, sizeBytes, location }
      record.completed({ atMs: clock.nowMs(), location, sizeBytes })
      logger.debug(
        {
          event: 'checkpoint-completed',
          checkpoint: String(checkpointId),
          kind,
          durationMs: Math.round(durationMs),
          sizeBytes,
        },
        `${kind} ${checkpointId} complete in ${Math.round(durationMs)} ms`,
      )
      return this.last
    } catch (error) {
      this.failuresInARow++
      record.failed(clock.nowMs(), error)
      if (error instanceof CheckpointGivenUp) {
        tasks.abort(checkpointId)
        logger.warn({ event: 'checkpoint-failed', checkpoint: String(checkpointId), err: error }, error.message)
      } else if (this.failure === undefined) {
        // Also when nobody but a user asked for it: a later checkpoint would pass over what this one may owe.
        this.failure = error
        onFailure(error)
      }
      throw error
    }
  }

  private async manifest(
    kind: CheckpointKind,
    checkpointId: bigint,
    triggeredAtMs: number,
    record: CheckpointRecord,
  ): Promise<Manifest> {
    const { plan, store, clock } = this.options
    const snapshots = await this.snapshots(checkpointId, triggeredAtMs, record)
    return buildManifest({
      plan,
      kind,
      epoch: store.epoch,
      checkpointId,
      createdAtMs: clock.nowMs(),
      snapshots,
      completedId: this.completedId,
    })
  }

  private async snapshots(
    checkpointId: bigint,
    triggeredAtMs: number,
    record: CheckpointRecord,
  ): Promise<ReadonlyMap<string, TaskSnapshot>> {
    const { tasks, clock, settings } = this.options
    const { timeoutMs = 600_000 } = settings
    const acknowledged = new Map<string, TaskSnapshot>()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.pending = { checkpointId, record, acknowledged, resolve, reject }
    using _timeout = clock.schedule(timeoutMs, () => {
      const missing = this.subtasks - acknowledged.size
      reject(
        new CheckpointGivenUp(
          'CHECKPOINT_TIMEOUT',
          `checkpoint ${checkpointId}: ${missing} of ${this.subtasks} subtasks have not acknowledged within ${timeoutMs} ms`,
          {
            fix: 'See which are backpressured; raise CHECKPOINT_TIMEOUT, or let some fail with CHECKPOINT_TOLERATED_FAILURES.',
            details: { checkpoint: String(checkpointId), missing },
          },
        ),
      )
    })
    try {
      tasks.trigger(checkpointId, triggeredAtMs)
      faultPoint('checkpoint.after-barrier')
      await promise
      return acknowledged
    } finally {
      this.pending = undefined
    }
  }
}
