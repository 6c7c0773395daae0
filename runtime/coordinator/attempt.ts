/** A running attempt: its tasks, its checkpoint timer, and the ways it ends. */
import type {
  AttemptState,
  CheckpointProgress,
  JobRun,
  JobStatus,
  StopOptions,
} from '../../topology/contract/job-control.ts'
import { SluiceError } from '../../topology/errors.ts'
import type { TaskListener } from '../worker/task.ts'
import { type AttemptTasks, buildTasks } from './build-tasks.ts'
import { CheckpointCoordinator } from './checkpoint-coordinator.ts'
import type { AttemptOptions } from './job-options.ts'

export class Attempt implements JobRun {
  readonly done: Promise<JobStatus>
  private readonly options: AttemptOptions
  private work: AttemptTasks = { tasks: [], sources: [], stages: [], channels: [] }
  private readonly atEnd = new Set<string>()
  private readonly settle: { resolve: (status: JobStatus) => void; reject: (error: unknown) => void }
  private coordinator!: CheckpointCoordinator
  private timer: Disposable | undefined
  private running: Promise<unknown> = Promise.resolve()
  private state: AttemptState = 'starting'

  constructor(options: AttemptOptions) {
    this.options = options
    const { promise, resolve, reject } = Promise.withResolvers<JobStatus>()
    this.done = promise
    // Whoever awaits `done` sees the error; an attempt that nobody awaits must not end the process by it.
    promise.catch(() => undefined)
    this.settle = { resolve, reject }
  }

  async start(): Promise<void> {
    const { plan, point, epoch, logger } = this.options
    this.work = await buildTasks(this.options, this.listener)
    this.coordinator = new CheckpointCoordinator({
      ...this.options,
      sources: this.work.sources,
      metrics: this.options.metrics({}),
    })
    this.state = 'running'
    logger.info(
      { event: 'job-started', job: plan.job, epoch: String(epoch), restoredFrom: point?.location },
      point === undefined
        ? `job ${plan.job} starts (epoch ${epoch})`
        : `job ${plan.job} goes on from checkpoint ${point.manifest.checkpointId} (epoch ${epoch})`,
    )
    this.running = Promise.all(this.work.tasks.map((task) => task.run()))
    this.schedule()
  }

  status(): JobStatus {
    const { plan, epoch, point } = this.options
    const kinds = new Map(plan.nodes.map((node) => [node.id, node.kind]))
    return {
      job: plan.job,
      state: this.state,
      epoch,
      restoredFrom: point?.location,
      restoredCheckpointId: point?.manifest.checkpointId,
      lastCheckpoint: this.coordinator?.lastCheckpoint,
      nodes: this.work.stages.flatMap((stage) =>
        [...stage.progress()].map(([uid, meter]) => ({
          uid,
          kind: kinds.get(uid)!,
          recordsIn: meter.recordsIn,
          recordsOut: meter.recordsOut,
          watermarkMs: Number.isFinite(meter.watermarkMs) ? meter.watermarkMs : null,
        })),
      ),
    }
  }

  async stop(options: StopOptions = {}): Promise<CheckpointProgress> {
    if (this.state !== 'running') throw new Error(`a job that is ${this.state} can't be stopped`)
    this.state = 'stopping'
    for (const source of this.work.sources) source.halt()
    return this.finish(options.drain ?? false, 'savepoint', 'stopped')
  }

  async cancel(): Promise<void> {
    if (this.state === 'finished' || this.state === 'stopped' || this.state === 'failed') return
    this.state = 'stopped'
    const { job } = this.options.plan
    this.coordinator.fail(
      new SluiceError('CANCELLED', `job ${job} was cancelled`, { fix: 'Submit it again to go on.' }),
    )
    await this.shutDown()
    this.settle.resolve(this.status())
  }

  private async finish(
    drain: boolean,
    kind: 'checkpoint' | 'savepoint',
    state: AttemptState,
  ): Promise<CheckpointProgress> {
    this.timer?.[Symbol.dispose]()
    try {
      if (drain) for (const source of this.work.sources) source.drain()
      const last = await this.coordinator.trigger(kind)
      await this.shutDown()
      this.state = state
      this.settle.resolve(this.status())
      return last
    } catch (error) {
      await this.fail(error)
      throw error
    }
  }

  private async fail(error: unknown): Promise<void> {
    if (this.state === 'failed' || this.state === 'stopped' || this.state === 'finished') return
    this.state = 'failed'
    const { logger, plan } = this.options
    logger.error(
      { event: 'job-failed', job: plan.job, err: error },
      `job ${plan.job} failed: ${(error as Error).message}`,
    )
    this.coordinator.fail(error)
    await this.shutDown()
    this.settle.reject(error)
  }

  private async shutDown(): Promise<void> {
    this.timer?.[Symbol.dispose]()
    for (const task of this.work.tasks) task.stop()
    for (const channel of this.work.channels) channel.release()
    await this.running
    const { committers, connectors } = this.options
    for (const part of [...this.work.tasks, committers, connectors]) {
      // What can't be closed must not hide why the job ended.
      await part
        .close()
        .catch((error: unknown) => this.options.logger.warn({ event: 'close-failed', err: error }, String(error)))
    }
  }

  private schedule(): void {
    const { clock, checkpointIntervalMs } = this.options
    this.timer = clock.schedule(checkpointIntervalMs, () => {
      if (this.state !== 'running') return
      this.coordinator.trigger('checkpoint').then(
        () => this.state === 'running' && this.schedule(),
        (error: unknown) => this.fail(error),
      )
    })
  }

  private readonly listener: TaskListener = {
    acknowledged: (stageId, checkpointId, snapshot) => this.coordinator.acknowledge(stageId, checkpointId, snapshot),
    failed: (_stageId, error) => void this.fail(error),
    atEnd: (stageId) => {
      this.atEnd.add(stageId)
      if (
        this.atEnd.size === this.work.sources.length &&
        this.state === 'running' &&
        this.options.bounds?.until !== undefined
      ) {
        this.state = 'stopping'
        // The error of a failed finish is in `done`.
        this.finish(this.options.drain ?? false, 'checkpoint', 'finished').catch(() => undefined)
      }
    },
  }
}
