/** What one attempt is in one worker: its connectors, channels and tasks, from deployment to end. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { Logger, MetricScope } from '../../topology/contract/observability.ts'
import type { Plan } from '../../topology/plan/plan.ts'
import type { CheckpointFiles } from '../checkpoint/checkpoint-files.ts'
import type { DataPlane, DataSession } from '../exchange/data-plane.ts'
import { faultPoint } from '../fault-point.ts'
import {
  type Deployment,
  type FromWorker,
  snapshotToMessage,
  type TaskName,
  type ToWorker,
} from '../protocol/messages.ts'
import { toRemoteError } from '../protocol/remote-error.ts'
import { AttemptMetrics } from './attempt-metrics.ts'
import { type Connections, type OpenConnectors, openConnectors } from './connectors.ts'
import { type OpenTasks, openTasks, type RunningTasks } from './open-tasks.ts'
import type { TaskListener } from './task.ts'
import { TaskChannels } from './task-channels.ts'

/** A message without the epoch, which is the attempt's. */
export type AttemptMessage = FromWorker extends infer M ? (M extends M ? Omit<M, 'epoch'> : never) : never

export interface WorkerAttemptOptions {
  readonly epoch: string
  readonly worker: string
  readonly deployment: Deployment
  readonly data: DataPlane
  readonly files: CheckpointFiles
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: (labels: Readonly<Record<string, string>>) => MetricScope
  readonly statusIntervalMs: number
  readonly send: (message: AttemptMessage) => void
}

export class WorkerAttempt {
  readonly epoch: string
  private readonly options: WorkerAttemptOptions
  private readonly session: DataSession
  private readonly metrics: AttemptMetrics
  private connectors: OpenConnectors | undefined
  private channels: TaskChannels | undefined
  private open_: OpenTasks | undefined
  private running: RunningTasks = { tasks: [], sources: [] }
  private runs: Promise<unknown> = Promise.resolve()
  private timer: Disposable | undefined
  private over = false

  constructor(options: WorkerAttemptOptions) {
    this.options = options
    this.epoch = options.epoch
    this.metrics = new AttemptMetrics(options.metrics)
    this.session = options.data.open(BigInt(options.epoch), (error) => this.fail(error))
  }

  /** Opens and restores the tasks. */
  async open(plan: Plan, connections: Connections): Promise<void> {
    const { deployment, worker, files, clock, logger, send } = this.options
    this.connectors = openConnectors(plan, connections)
    this.channels = new TaskChannels(plan, worker, deployment.placement, this.session)
    this.open_ = await openTasks({
      plan,
      epoch: BigInt(this.epoch),
      worker,
      deployment,
      manifest: deployment.restore === undefined ? undefined : await files.manifest(deployment.restore),
      files,
      connectors: this.connectors,
      openState: connections.openState,
      channels: this.channels,
      listener: this.listener,
      clock,
      logger,
      metrics: (labels) => this.metrics.scope(labels),
    })
    faultPoint('worker.after-deploy')
    send({ type: 'deployed' })
  }

  /** Connects to the workers that tasks send to, and runs. */
  async start(): Promise<void> {
    if (this.over) return
    const { deployment } = this.options
    const channels = this.channels!
    try {
      faultPoint('worker.before-start')
      await Promise.all([...channels.receivers()].map((peer) => channels.connect(peer, deployment.addresses[peer]!)))
      if (this.over) return
      this.running = this.open_!.start()
      this.runs = Promise.all(this.running.tasks.map((task) => task.run()))
      this.scheduleStatus()
    } catch (error) {
      this.fail(error)
    }
  }

  receive(message: Exclude<ToWorker, { type: 'deploy' | 'start' | 'end' }>): void {
    const { tasks, sources } = this.running
    switch (message.type) {
      case 'barrier': {
        const checkpointId = BigInt(message.checkpointId)
        const { triggeredAtMs } = message
        const barrier = { kind: 'barrier' as const, epoch: BigInt(this.epoch), checkpointId, triggeredAtMs }
        for (const source of sources) source.trigger(barrier)
        break
      }
      case 'complete':
        for (const task of tasks) task.complete(BigInt(message.checkpointId))
        break
      case 'abort':
        for (const task of tasks) task.abort(BigInt(message.checkpointId))
        break
      case 'align':
        for (const source of sources) source.align(message.watermarksMs)
        break
      case 'assign': {
        const { stage, subtask } = message.task
        sources.find(({ name }) => name.stage === stage && name.subtask === subtask)?.assign(message.splits)
        break
      }
      case 'halt':
        for (const source of sources) source.halt()
        break
      case 'drain':
        for (const source of sources) source.drain()
        break
    }
  }

  /** Lets the tasks end, and tells nothing any more. */
  abandon(): void {
    if (this.over) return
    this.sendStatus()
    this.over = true
    this.timer?.[Symbol.dispose]()
    for (const task of this.running.tasks) task.stop()
    this.channels?.release()
  }

  /** Resolves when the tasks have ended and everything is closed. */
  async close(): Promise<void> {
    this.abandon()
    await this.runs
    await this.open_?.close()
    // What can't be closed must not keep the attempt from ending.
    await this.connectors
      ?.close()
      .catch((error: unknown) => this.options.logger.warn({ event: 'close-failed', err: error }, String(error)))
    this.session.close()
    this.metrics.end()
  }

  private fail(error: unknown, task?: TaskName): void {
    if (this.over) return
    this.options.send({ type: 'failed', error: toRemoteError(error), ...(task === undefined ? {} : { task }) })
  }

  private scheduleStatus(): void {
    this.timer = this.options.clock.schedule(this.options.statusIntervalMs, () => {
      this.sendStatus()
      this.scheduleStatus()
    })
  }

  private sendStatus(): void {
    this.options.send({ type: 'status', tasks: this.running.tasks.map((task) => task.status()) })
  }

  private readonly listener: TaskListener = {
    acknowledged: (task, checkpointId, { stage, splits }, times) => {
      if (this.over) return
      this.options.send({
        type: 'acknowledged',
        task,
        checkpointId: String(checkpointId),
        snapshot: snapshotToMessage(stage),
        times,
        ...(splits === undefined ? {} : { splits }),
      })
    },
    declined: (task, checkpointId, error) => {
      if (this.over) return
      this.options.send({ type: 'declined', task, checkpointId: String(checkpointId), error: toRemoteError(error) })
    },
    failed: (task, error) => this.fail(error, task),
    atEnd: (task) => {
      if (!this.over) this.options.send({ type: 'atEnd', task })
    },
  }
}
