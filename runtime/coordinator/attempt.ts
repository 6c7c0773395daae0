/** One attempt of a job: its tasks on their workers, its checkpoints, and the ways it ends. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { CheckpointProgress } from '../../topology/contract/job-control.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import type { Source, SplitState } from '../../topology/contract/source.ts'
import { SluiceError } from '../../topology/errors.ts'
import type { Plan } from '../../topology/plan/plan.ts'
import type { Poison } from '../../topology/poisoned-record.ts'
import type { CheckpointStore, RestorePoint } from '../checkpoint/checkpoint-store.ts'
import type { CheckpointKind } from '../checkpoint/manifest.ts'
import { faultPoint } from '../fault-point.ts'
import {
  type Deployment,
  type FromWorker,
  snapshotFromMessage,
  type TaskName,
  type TaskStatus,
  type ToWorker,
  taskId,
} from '../protocol/messages.ts'
import { fromRemoteError } from '../protocol/remote-error.ts'
import { CheckpointCoordinator, type CheckpointSettings } from './checkpoint-coordinator.ts'
import type { CheckpointStatisticsRecorder } from './checkpoint-statistics.ts'
import type { Committers } from './committers.ts'
import { GroupWatermarkTracker } from './group-watermarks.ts'
import { dealOut, place } from './placement.ts'
import { SplitDiscovery } from './split-discovery.ts'
import type { WorkerPool } from './worker-pool.ts'
import type { WorkerListener, WorkerSession } from './worker-session.ts'

export interface AttemptOptions {
  readonly plan: Plan
  readonly epoch: bigint
  readonly point: RestorePoint | undefined
  readonly files: Readonly<Record<string, string>> | undefined
  /** By source uid. */
  readonly splits: ReadonlyMap<string, readonly SplitState[]>
  /** By uid. */
  readonly sources: ReadonlyMap<string, Source>
  /** So many records each source reads one by one. */
  readonly careful: number
  /** By source uid. */
  readonly poison: Readonly<Record<string, readonly Poison[]>>
  readonly allowNonRestoredState: boolean
  /** The sources have bounds: when all have been reached, the attempt takes its last checkpoint and ends. */
  readonly bounded: boolean
  /** When it ends by its bounds: close open windows first. */
  readonly drain: boolean
  readonly store: CheckpointStore
  readonly committers: Committers
  readonly pool: WorkerPool
  readonly checkpoints: CheckpointSettings
  readonly statistics: CheckpointStatisticsRecorder
  readonly clock: Clock
  readonly logger: Logger
  /** Its last checkpoint is being taken. */
  readonly onStopping: () => void
  readonly onStatus: () => void
}

/** How an attempt ended well. */
export type AttemptEnd = 'finished' | 'stopped' | 'rescaled' | 'canceled'

/** What made an attempt fail, and where. */
export interface AttemptFailure {
  readonly error: SluiceError
  readonly task: TaskName | undefined
  readonly worker: string | undefined
}

/** A worker that is told to end its tasks and does not do so in time is taken for lost, a commit is given up, milliseconds. */
const END_TIMEOUT_MS = 30_000
/** A broken connection between two workers mostly means that one of them is gone, which is about to be heard, milliseconds. */
const PEER_GRACE_MS = 500

export class Attempt implements WorkerListener {
  /** Resolves when it has ended well and every task is closed. @throws {AttemptFailed} */
  readonly done: Promise<AttemptEnd>
  readonly options: AttemptOptions
  readonly coordinator: CheckpointCoordinator
  private readonly discovery: SplitDiscovery
  /** By task id, as it was told last. */
  readonly tasks = new Map<string, TaskStatus>()
  readonly startedAtMs: number
  private readonly settle: PromiseWithResolvers<AttemptEnd>
  private readonly atEnd = new Set<string>()
  private readonly groups = new GroupWatermarkTracker()
  private readonly deployed = Promise.withResolvers<void>()
  private workers: readonly WorkerSession[] = []
  private waitingFor = new Set<WorkerSession>()
  private ended: PromiseWithResolvers<void> | undefined
  private placed: Deployment['placement'] = {}
  private ending: Promise<void> | undefined
  /** Its last checkpoint is committed: what fails from now on takes nothing back. */
  private hasFinished = false

  constructor(options: AttemptOptions) {
    this.options = options
    this.startedAtMs = options.clock.nowMs()
    this.settle = Promise.withResolvers<AttemptEnd>()
    this.done = this.settle.promise
    this.done.catch(() => undefined)
    this.deployed.promise.catch(() => undefined)
    this.discovery = new SplitDiscovery({
      ...options,
      sources: sourcesOf(options),
      restored: options.point?.manifest.sources ?? {},
      assign: (task, splits) => this.toAll({ type: 'assign', task, splits }),
    })
    this.coordinator = new CheckpointCoordinator({
      ...options,
      settings: options.checkpoints,
      tasks: {
        trigger: (id, triggeredAtMs) => this.toAll({ type: 'barrier', checkpointId: String(id), triggeredAtMs }),
        complete: (id) => this.toAll({ type: 'complete', checkpointId: String(id) }),
        abort: (id) => this.toAll({ type: 'abort', checkpointId: String(id) }),
      },
      onFailure: (error) => this.fail(error),
    })
  }

  /** By stage: the worker of each subtask; empty before it is deployed. */
  get placement(): Deployment['placement'] {
    return this.placed
  }

  /** Deploys the tasks, and runs them once all are open and restored. @throws what made it fail */
  async start(workers: readonly WorkerSession[]): Promise<void> {
    const { plan, epoch, point, splits, careful, poison, files, allowNonRestoredState } = this.options
    this.workers = workers
    this.waitingFor = new Set(workers)
    for (const worker of workers) worker.listener = this
    this.placed = place(
      plan,
      workers.map((worker) => worker.name),
    )
    const deployment: Deployment = {
      plan: { fingerprint: plan.fingerprint, parallelism: plan.parallelism, keyGroups: plan.keyGroups },
      addresses: Object.fromEntries(workers.map((worker) => [worker.name, worker.address])),
      placement: this.placed,
      splits: Object.fromEntries(
        plan.stages.flatMap(({ source, parallelism }) =>
          source === undefined ? [] : [[source.id, dealOut(splits.get(source.id)!, parallelism)]],
        ),
      ),
      careful,
      poison,
      allowNonRestoredState,
      ...(point === undefined ? {} : { restore: point.location }),
      ...(files === undefined ? {} : { files }),
    }
    this.toAll({ type: 'deploy', deployment })
    await Promise.race([this.deployed.promise, this.done])
    faultPoint('restore.after-deploy')
    this.options.logger.info(
      { event: 'job-started', job: plan.job, epoch: String(epoch), restoredFrom: point?.location },
      point === undefined
        ? `job ${plan.job} starts (epoch ${epoch})`
        : `job ${plan.job} goes on from checkpoint ${point.manifest.checkpointId} (epoch ${epoch})`,
    )
    this.toAll({ type: 'start' })
    this.coordinator.schedule()
    // A bounded job reads what was there when it began.
    if (!this.options.bounded) this.discovery.start()
  }

  /** Takes a last checkpoint, commits it, and ends. */
  async finish(
    how: Exclude<AttemptEnd, 'canceled'>,
    kind: CheckpointKind,
    drain: boolean,
  ): Promise<CheckpointProgress> {
    this.coordinator.stop()
    try {
      // Behind those that are still being taken: if this one fails, the job goes on from them with its windows open.
      const last = await this.coordinator.trigger(kind, () => drain && this.toAll({ type: 'drain' }))
      if (how === 'rescaled') faultPoint('rescale.after-savepoint')
      this.hasFinished = true
      await this.end()
      this.settle.resolve(how)
      return last
    } catch (error) {
      await this.fail(error)
      throw error
    }
  }

  /** Reads no further. */
  halt(): void {
    this.discovery.stop()
    this.toAll({ type: 'halt' })
  }

  /** Ends without a checkpoint. */
  async cancel(): Promise<void> {
    const { job } = this.options.plan
    const canceled = new SluiceError('CANCELED', `job ${job} was canceled`, { fix: 'Submit it again to go on.' })
    this.coordinator.fail(canceled)
    await this.end()
    this.settle.resolve('canceled')
  }

  async fail(error: unknown, at: Partial<Omit<AttemptFailure, 'error'>> = {}): Promise<void> {
    if (this.over) return
    this.coordinator.fail(error)
    this.settle.promise.catch(() => undefined)
    const failed = new AttemptFailed({ error: toSluiceError(error), task: at.task, worker: at.worker })
    await this.end()
    if (!this.hasFinished) this.settle.reject(failed)
  }

  received(session: WorkerSession, message: FromWorker): void {
    if (message.epoch !== String(this.options.epoch)) return
    switch (message.type) {
      case 'deployed':
        if (this.over) break
        this.waitingFor.delete(session)
        if (this.waitingFor.size === 0) this.deployed.resolve()
        break
      case 'acknowledged': {
        const stage = snapshotFromMessage(message.snapshot)
        const snapshot = message.splits === undefined ? { stage } : { stage, splits: message.splits }
        this.coordinator.acknowledge(message.task, BigInt(message.checkpointId), snapshot, message.times)
        break
      }
      case 'declined':
        this.coordinator.decline(message.task, BigInt(message.checkpointId), fromRemoteError(message.error))
        break
      case 'atEnd':
        this.reachedEnd(message.task)
        break
      case 'failed':
        this.taskFailed(session, fromRemoteError(message.error), message.task)
        break
      case 'status':
        for (const task of message.tasks) this.tasks.set(taskId(task), task)
        this.align()
        this.options.onStatus()
        break
      case 'ended':
        this.waitingFor.delete(session)
        if (this.waitingFor.size === 0) this.ended?.resolve()
        break
    }
  }

  lost(session: WorkerSession, error: SluiceError): void {
    this.waitingFor.delete(session)
    if (this.waitingFor.size === 0) this.ended?.resolve()
    void this.fail(error, { worker: session.name })
  }

  private taskFailed(session: WorkerSession, error: SluiceError, task: TaskName | undefined): void {
    const at = { worker: session.name, task }
    if (error.code !== 'PEER_LOST') void this.fail(error, at)
    else this.options.clock.schedule(PEER_GRACE_MS, () => void this.fail(error, at))
  }

  private reachedEnd(task: TaskName): void {
    const { plan, bounded, drain, onStopping } = this.options
    this.atEnd.add(taskId(task))
    const sources = plan.stages.reduce((sum, stage) => sum + (stage.source === undefined ? 0 : stage.parallelism), 0)
    if (!bounded || this.over || this.atEnd.size < sources) return
    onStopping()
    // The error of a failed finish is in `done`.
    this.finish('finished', 'checkpoint', drain).catch(() => undefined)
  }

  private align(): void {
    const watermarksMs = this.groups.changed(this.tasks.values())
    if (watermarksMs !== undefined) this.toAll({ type: 'align', watermarksMs })
  }

  private get over(): boolean {
    return this.ending !== undefined
  }

  private end(): Promise<void> {
    this.ending ??= this.endAll()
    return this.ending
  }

  /**
   * Resolves when no task of it runs any more, on any worker, and nothing of it is committed any more: the attempt that
   * follows has the same checkpoint store, so what the store takes for the epoch of the attempt would then be the next.
   */
  private async endAll(): Promise<void> {
    const { job } = this.options.plan
    this.discovery.stop()
    // Of checkpoints that wait for their turn: for a failed attempt, its failure has been given already.
    this.coordinator.fail(new SluiceError('JOB_NOT_RUNNING', `job ${job} ended first`, { fix: 'Submit it again.' }))
    this.ended = Promise.withResolvers<void>()
    this.waitingFor = new Set(this.workers.filter((worker) => worker.state === 'RUNNING'))
    if (this.waitingFor.size === 0) this.ended.resolve()
    this.toAll({ type: 'end' })
    const timer = this.options.clock.schedule(END_TIMEOUT_MS, () => {
      for (const worker of this.waitingFor) {
        this.options.pool.discard(worker, `it did not end its tasks within ${END_TIMEOUT_MS} ms`)
      }
    })
    await this.ended.promise
    timer[Symbol.dispose]()
    // A commit may wait for somebody else, as for a transaction that is open on Kafka: what it owes, the next attempt
    // finds out.
    using _givingUp = this.options.clock.schedule(END_TIMEOUT_MS, () => void this.options.committers.close())
    await this.coordinator.idle
  }

  private toAll(message: ToWorker extends infer M ? (M extends M ? Omit<M, 'epoch'> : never) : never): void {
    const epoch = String(this.options.epoch)
    for (const worker of this.workers) worker.send({ ...message, epoch } as ToWorker)
  }
}

function sourcesOf({ plan, sources }: AttemptOptions) {
  const found = plan.stages.flatMap(({ id: stage, source, parallelism }) =>
    source === undefined ? [] : [[source.id, { source: sources.get(source.id)!, stage, parallelism }] as const],
  )
  return new Map(found)
}

/** Why an attempt ended, with where it happened. */
export class AttemptFailed extends Error {
  readonly failure: AttemptFailure

  constructor(failure: AttemptFailure) {
    super(failure.error.message, { cause: failure.error })
    this.failure = failure
  }
}

function toSluiceError(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error
  const message = error instanceof Error ? error.message : String(error)
  const wrapped = new SluiceError('INTERNAL', message, { cause: error })
  if (error instanceof Error && error.stack !== undefined) wrapped.stack = error.stack
  return wrapped
}
