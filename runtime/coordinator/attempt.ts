/** A running attempt: its tasks, its checkpoint timer, and the ways it ends. */
import type {
  CheckpointProgress,
  JobRun,
  JobState,
  JobStatus,
  StopOptions,
} from '../../topology/contract/job-control.ts'
import type { SplitState } from '../../topology/contract/source.ts'
import type { StageHost } from '../../topology/contract/stage.ts'
import type { StagePlan } from '../../topology/plan/plan.ts'
import type { RestorePoint } from '../checkpoint/checkpoint-store.ts'
import { Channel } from '../exchange/channel.ts'
import { InputGate } from '../exchange/input-gate.ts'
import { Outputs } from '../exchange/outputs.ts'
import { ChainStage } from '../worker/chain-stage.ts'
import { LoopShare } from '../worker/loop-share.ts'
import { SourceTask } from '../worker/source-task.ts'
import { StageTask } from '../worker/stage-task.ts'
import type { SourceTaskControl, Task, TaskListener } from '../worker/task.ts'
import { TaskTimes } from '../worker/task-times.ts'
import { CheckpointCoordinator } from './checkpoint-coordinator.ts'
import type { Committers } from './committers.ts'
import type { OpenConnectors } from './connectors.ts'
import { restoreOf } from './restore.ts'
import type { RunJobOptions } from './run-job.ts'

export interface AttemptOptions extends RunJobOptions {
  readonly epoch: bigint
  readonly point: RestorePoint | undefined
  readonly connectors: OpenConnectors
  readonly committers: Committers
  /** By source uid. */
  readonly splits: ReadonlyMap<string, readonly SplitState[]>
}

export class Attempt implements JobRun {
  readonly done: Promise<JobStatus>
  private readonly options: AttemptOptions
  private readonly tasks: Task[] = []
  private readonly sources: SourceTaskControl[] = []
  private readonly stages: ChainStage[] = []
  private readonly channels: Channel[] = []
  private readonly atEnd = new Set<string>()
  private readonly settle: { resolve: (status: JobStatus) => void; reject: (error: unknown) => void }
  private coordinator!: CheckpointCoordinator
  private timer: Disposable | undefined
  private running: Promise<unknown> = Promise.resolve()
  private state: JobState = 'starting'

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
    await this.build()
    this.coordinator = new CheckpointCoordinator({
      ...this.options,
      sources: this.sources,
      metrics: this.options.metrics({}),
    })
    this.state = 'running'
    logger.info(
      { event: 'job-started', job: plan.job, epoch: String(epoch), restoredFrom: point?.location },
      point === undefined
        ? `job ${plan.job} starts (epoch ${epoch})`
        : `job ${plan.job} goes on from checkpoint ${point.manifest.checkpointId} (epoch ${epoch})`,
    )
    this.running = Promise.all(this.tasks.map((task) => task.run()))
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
      lastCheckpoint: this.coordinator?.lastCheckpoint,
      nodes: this.stages.flatMap((stage) =>
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
    for (const source of this.sources) source.halt()
    return this.finish(options.drain ?? false, 'savepoint', 'stopped')
  }

  async cancel(): Promise<void> {
    if (this.state === 'finished' || this.state === 'stopped' || this.state === 'failed') return
    this.state = 'stopped'
    await this.shutDown()
    this.settle.resolve(this.status())
  }

  private async finish(drain: boolean, kind: 'checkpoint' | 'savepoint', state: JobState): Promise<CheckpointProgress> {
    this.timer?.[Symbol.dispose]()
    try {
      if (drain) for (const source of this.sources) source.drain()
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
    for (const task of this.tasks) task.stop()
    for (const channel of this.channels) channel.release()
    await this.running
    const { committers, connectors } = this.options
    for (const part of [...this.tasks, committers, connectors]) {
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

  private async build(): Promise<void> {
    const { plan, clock, point, store } = this.options
    const share = new LoopShare(clock)
    const channels = new Map(
      plan.stages.flatMap((stage) => stage.outputs.map((edge) => [edge, new Channel()] as const)),
    )
    this.channels.push(...channels.values())
    // An exchange is one object in both stages' plans only by value: find it by where it leads.
    const channelInto = (stage: StagePlan, input: number) =>
      [...channels].find(([edge]) => edge.toStage === stage.id && edge.stageInput === input)![1]
    for (const stagePlan of plan.stages) {
      const outputs = new Outputs(stagePlan.outputs.map((edge) => channels.get(edge)!))
      const stage = new ChainStage(stagePlan)
      await stage.open(this.host(stagePlan, outputs), restoreOf(point?.manifest, stagePlan, store))
      this.stages.push(stage)
      const times = new TaskTimes(clock, this.options.metrics({ uid: stagePlan.id }))
      const common = { plan: stagePlan, stage, outputs, listener: this.listener, share, times }
      if (stagePlan.source === undefined) {
        const gate = new InputGate(stagePlan.inputs.map((edge) => channelInto(stagePlan, edge.stageInput)))
        this.tasks.push(new StageTask({ ...common, gate }))
      } else {
        const source = this.sourceTask(stagePlan, common)
        this.sources.push(source)
        this.tasks.push(source)
      }
    }
  }

  private sourceTask(
    plan: StagePlan,
    common: Omit<ConstructorParameters<typeof SourceTask>[0], 'reader' | 'splits' | 'clock' | 'idleAfterMs'>,
  ): SourceTask {
    const { clock, logger, metrics, connectors, splits } = this.options
    const uid = plan.source!.id
    const reader = connectors.sources
      .get(uid)!
      .createReader({ uid, subtask: 0, clock, logger: logger.child({ uid }), metrics: metrics({ uid }) })
    const idleAfter = plan.nodes
      .map((node) => node.parameters?.['idleAfterMs'])
      .filter((value) => typeof value === 'number')
    return new SourceTask({
      ...common,
      reader,
      splits: splits.get(uid)!,
      clock,
      idleAfterMs: idleAfter.length > 0 ? Math.min(...idleAfter) : undefined,
    })
  }

  private host(stage: StagePlan, outputs: Outputs): StageHost {
    const { plan, epoch, clock, logger, metrics, store, connectors } = this.options
    return {
      job: plan.job,
      epoch,
      subtask: 0,
      parallelism: stage.parallelism,
      keyGroups: plan.keyGroups,
      clock,
      logger,
      metrics: (uid) => metrics({ uid }),
      emit: (output, element) => outputs.emit(output, element),
      store: (chunk) => store.store(chunk),
      openWriter: (uid) =>
        connectors.sinks.get(uid)!.createWriter({
          job: plan.job,
          uid,
          subtask: 0,
          epoch,
          clock,
          logger: logger.child({ uid }),
          metrics: metrics({ uid }),
        }),
    }
  }

  private readonly listener: TaskListener = {
    acknowledged: (stageId, checkpointId, snapshot) => this.coordinator.acknowledge(stageId, checkpointId, snapshot),
    failed: (_stageId, error) => void this.fail(error),
    atEnd: (stageId) => {
      this.atEnd.add(stageId)
      if (
        this.atEnd.size === this.sources.length &&
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
