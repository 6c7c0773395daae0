/**
 * A worker: runs the tasks that a coordinator gives it, one attempt at a time, and tells it what becomes of them. The same
 * class in a process of its own, in the coordinator's process, and in a simulation.
 */
import type { Clock } from '../../topology/contract/clock.ts'
import type { Logger, MetricScope } from '../../topology/contract/observability.ts'
import { SluiceError } from '../../topology/errors.ts'
import type { Plan } from '../../topology/plan/plan.ts'
import type { CheckpointFiles } from '../checkpoint/checkpoint-files.ts'
import { DataPlane } from '../exchange/data-plane.ts'
import type { MetricsSnapshot } from '../observability/metrics-snapshot.ts'
import { type MessageConnection, messages } from '../protocol/message-connection.ts'
import {
  type Collect,
  type Deployment,
  type FromWorker,
  type Hello,
  PROTOCOL_VERSION,
  type ToWorker,
  type WorkerMetricsMessage,
} from '../protocol/messages.ts'
import { toRemoteError } from '../protocol/remote-error.ts'
import type { Transport } from '../transport/transport.ts'
import type { Connections } from './connectors.ts'
import { WorkerAttempt } from './worker-attempt.ts'

export interface WorkerOptions {
  readonly name: string
  readonly pid: number
  /** Known to the coordinator and its workers. */
  readonly token: string
  readonly transport: Transport
  /** The job as this worker builds it. @throws {SluiceError} `JOB_INVALID` … */
  readonly loadPlan: (expected: Deployment) => Promise<Plan>
  readonly openConnections: () => Promise<Connections>
  readonly files: CheckpointFiles
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: (labels: Readonly<Record<string, string>>) => MetricScope
  /** What `metrics` has measured. @default nothing: `metrics` is the coordinator's own */
  readonly collectMetrics?: () => Promise<MetricsSnapshot>
  /** How often it tells what its tasks have done, milliseconds. @default 1,000 */
  readonly statusIntervalMs?: number
}

type FromThisWorker = Hello | FromWorker | WorkerMetricsMessage

export class Worker {
  /** Resolves when the coordinator is gone and everything is closed. */
  readonly done: Promise<void>
  private readonly options: WorkerOptions
  private readonly data: DataPlane
  private readonly coordinator: MessageConnection<ToWorker | Collect, FromThisWorker>
  private attempt: WorkerAttempt | undefined
  private connections: Promise<Connections> | undefined
  /** Messages are handled in their order, one after the other. */
  private handling: Promise<void> = Promise.resolve()

  /** Connects to the coordinator and says hello. @throws {SluiceError} `CONNECT_FAILED` */
  static async connect(address: string, options: WorkerOptions): Promise<Worker> {
    const { transport, name, token, pid } = options
    const data = new DataPlane({ transport, worker: name, token })
    const dataAddress = await data.listen()
    const coordinator = messages<ToWorker | Collect, FromThisWorker>(await transport.connect(address))
    const worker = new Worker(options, data, coordinator)
    coordinator.send({ type: 'hello', version: PROTOCOL_VERSION, worker: name, token, pid, address: dataAddress })
    return worker
  }

  private constructor(
    options: WorkerOptions,
    data: DataPlane,
    coordinator: MessageConnection<ToWorker | Collect, FromThisWorker>,
  ) {
    this.options = options
    this.data = data
    this.coordinator = coordinator
    coordinator.onMessage((message) => this.receive(message))
    const { promise, resolve } = Promise.withResolvers<void>()
    this.done = promise
    coordinator.onClose(() => {
      // A coordinator that is gone can't be told anything: what it knew, the next one knows from the checkpoint.
      this.attempt?.abandon()
      this.handling = this.handling.then(() => this.close()).then(resolve, resolve)
    })
  }

  /** Leaves the coordinator, which takes it for lost. */
  leave(): void {
    this.coordinator.close()
  }

  private receive(message: ToWorker | Collect): void {
    const { attempt } = this
    switch (message.type) {
      case 'deploy':
        this.enqueue(message.epoch, () => this.deploy(message.epoch, message.deployment))
        break
      case 'start':
        this.enqueue(message.epoch, () => this.of(message.epoch)?.start())
        break
      case 'end':
        attempt?.abandon()
        this.enqueue(message.epoch, () => this.end(message.epoch))
        break
      case 'collect':
        void this.tellMetrics()
        break
      default:
        // Behind the start: a barrier may come before the tasks that it is for run.
        this.enqueue(message.epoch, () => this.of(message.epoch)?.receive(message))
    }
  }

  /** The attempt that runs here, if it is this one. */
  private of(epoch: string): WorkerAttempt | undefined {
    return this.attempt?.epoch === epoch ? this.attempt : undefined
  }

  /** What fails makes the attempt fail; the messages behind it are handled all the same. */
  private enqueue(epoch: string, handle: () => Promise<void> | void): void {
    this.handling = this.handling.then(handle).catch((error: unknown) => this.failed(epoch, error))
  }

  private failed(epoch: string, error: unknown): void {
    this.coordinator.send({ type: 'failed', epoch, error: toRemoteError(error) })
  }

  private async deploy(epoch: string, deployment: Deployment): Promise<void> {
    await this.attempt?.close()
    const { name, clock, logger, metrics, files, loadPlan, openConnections, statusIntervalMs = 1_000 } = this.options
    const attempt = new WorkerAttempt({
      epoch,
      worker: name,
      deployment,
      data: this.data,
      clock,
      logger,
      metrics,
      files,
      statusIntervalMs,
      send: (message) => this.coordinator.send({ epoch, ...message }),
    })
    this.attempt = attempt
    const plan = await loadPlan(deployment)
    checkPlan(plan, deployment, name)
    this.connections ??= openConnections()
    const connections = await this.connections.catch((error: unknown) => {
      // It has them once for all attempts: whoever takes its place may find again what is away now.
      this.failed(epoch, error)
      this.leave()
    })
    if (connections !== undefined) await attempt.open(plan, connections)
  }

  private async end(epoch: string): Promise<void> {
    if (this.attempt?.epoch === epoch) {
      await this.attempt.close()
      this.attempt = undefined
    }
    await this.tellMetrics()
    this.coordinator.send({ type: 'ended', epoch })
  }

  private async tellMetrics(): Promise<void> {
    const metrics = (await this.options.collectMetrics?.()) ?? []
    this.coordinator.send({ type: 'metrics', metrics })
  }

  private async close(): Promise<void> {
    await this.attempt?.close()
    await this.data.close()
  }
}

function checkPlan(plan: Plan, { plan: expected }: Deployment, worker: string): void {
  if (plan.fingerprint === expected.fingerprint) return
  throw new SluiceError(
    'PLAN_MISMATCH',
    `worker ${worker} builds another plan of job ${plan.job} than its coordinator: ${plan.fingerprint.slice(0, 16)}, not ${expected.fingerprint.slice(0, 16)}`,
    {
      fix: 'The job module must describe the same graph each time: let it depend on nothing that differs between processes, such as the time or the environment.',
      details: { fingerprint: plan.fingerprint, expected: expected.fingerprint },
    },
  )
}
