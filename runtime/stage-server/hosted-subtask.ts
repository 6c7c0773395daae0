/** One subtask of a stage whose host is at the other end of a connection: our own task, whose gate and outputs are sockets. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import type { SerdeSystem } from '../../topology/contract/serde.ts'
import type { Sink } from '../../topology/contract/sink.ts'
import type { StageHost, StageRestore, StateChunk } from '../../topology/contract/stage.ts'
import { Batch, type Element } from '../../topology/element.ts'
import type { ExchangeEdge, Plan, StagePlan } from '../../topology/plan/plan.ts'
import { encodeCredit } from '../exchange/data-frames.ts'
import { Outputs } from '../exchange/outputs.ts'
import { RemoteWriter } from '../exchange/remote-writer.ts'
import { createMetrics, type Metrics } from '../observability/metrics.ts'
import { snapshotToMessage } from '../protocol/messages.ts'
import { toRemoteError } from '../protocol/remote-error.ts'
import { type KeyGroupRange, keyGroupRangeOf } from '../state/key-group-range.ts'
import type { OpenStateBackend } from '../state/state-backend.ts'
import { Wakes } from '../time/wakes.ts'
import type { FrameConnection } from '../transport/transport.ts'
import { ChainStage } from '../worker/chain-stage.ts'
import { LoopShare } from '../worker/loop-share.ts'
import { stageHost } from '../worker/stage-host.ts'
import { StageTask } from '../worker/stage-task.ts'
import { TaskMeter } from '../worker/task-meter.ts'
import { checkKeys, checkTimes } from './check-batch.ts'
import { CreditWindow } from './credit-window.ts'
import { HostClock } from './host-clock.ts'
import type { Open } from './host-messages.ts'
import { Inbox } from './inbox.ts'
import { protocolError } from './protocol-error.ts'
import { RestoreFeed } from './restore-feed.ts'
import { SnapshotSender } from './snapshot-sender.ts'
import { CREDIT_BYTES, messageFrame, StageKind, WHOLE_SOURCE } from './stage-frames.ts'

export interface HostedStageOptions {
  readonly plan: Plan
  readonly stagePlan: StagePlan
  /** By uid: those of the stage. */
  readonly sinks: ReadonlyMap<string, Sink>
  readonly serdes: SerdeSystem
  /** @default one on the heap */
  readonly openState?: OpenStateBackend | undefined
  readonly clock: Clock
  readonly logger: Logger
  /** @default 4 MiB */
  readonly creditBytes?: number
}

export class HostedSubtask {
  private readonly options: HostedStageOptions
  private readonly opened: Open
  private readonly connection: FrameConnection
  private readonly onFailure: (error: unknown) => void
  private readonly clock: HostClock | Clock
  private readonly epoch: bigint
  private readonly owned: KeyGroupRange
  private readonly metrics: Metrics
  private readonly stage: ChainStage
  private readonly wakes: Wakes
  private readonly inbox: Inbox
  private readonly feed: RestoreFeed | undefined
  private readonly sender: SnapshotSender
  private readonly writers: readonly RemoteWriter[]
  private readonly outputs: Outputs
  private readonly opening: Promise<void>
  private task: StageTask | undefined
  private running: Promise<void> = Promise.resolve()
  private closed = false

  /** @throws {SluiceError} `STAGE_PROTOCOL` when `open` makes no sense; what happens later goes to `onFailure` */
  constructor(
    options: HostedStageOptions,
    open: Open,
    connection: FrameConnection,
    onFailure: (error: unknown) => void,
  ) {
    const { plan, stagePlan, clock, creditBytes = CREDIT_BYTES } = options
    const { subtask, parallelism, restore } = open
    if (subtask >= parallelism || parallelism > plan.keyGroups) {
      throw protocolError(`subtask ${subtask} of ${parallelism}, with ${plan.keyGroups} key groups`)
    }
    this.options = options
    this.opened = open
    this.connection = connection
    this.onFailure = onFailure
    this.clock = open.nowMs === undefined ? clock : new HostClock(clock, open.nowMs)
    this.epoch = BigInt(open.epoch)
    this.owned = keyGroupRangeOf(subtask, parallelism, plan.keyGroups)
    this.metrics = createMetrics({ prefix: '', clock: this.clock })
    this.stage = new ChainStage(stagePlan, options.openState)
    this.wakes = new Wakes(this.clock)
    const credit = new CreditWindow(creditBytes, (bytes) => connection.send(encodeCredit(0, bytes)))
    this.inbox = new Inbox(this.clock, credit)
    this.feed = restore && new RestoreFeed(restore.chunks, credit)
    this.sender = new SnapshotSender(connection)
    // No credit before the host gives some.
    this.writers = stagePlan.outputs.map(({ output }) => new RemoteWriter(connection, output, 0))
    const outputs = stagePlan.outputs.map((edge, index) => ({ edge, writers: [this.writers[index]!] }))
    this.outputs = new Outputs(outputs, { keyGroups: plan.keyGroups, subtask })
    this.opening = this.start()
    this.opening.catch((error: unknown) => this.failed(error))
  }

  chunk(chunk: StateChunk, bytes: number): void {
    if (this.feed === undefined) throw protocolError('it sent a chunk of a restore that it did not announce')
    this.feed.push(chunk, bytes)
  }

  /** @throws {SluiceError} `STAGE_PROTOCOL`, `FRAME_CORRUPT` */
  element(channel: number, element: Element, bytes: number): void {
    if (element.kind === 'barrier') {
      if (element.epoch !== this.epoch) throw protocolError(`a barrier of epoch ${element.epoch}, not ${this.epoch}`)
      this.inbox.push(0, element, 0)
    } else if (this.options.stagePlan.source === undefined) {
      const edge = this.options.stagePlan.inputs.find(({ stageInput }) => stageInput === channel)
      if (edge === undefined) throw protocolError(`the stage has no input ${channel}`)
      if (element.kind === 'batch') this.check(element, edge)
      this.inbox.push(channel, element, bytes)
    } else {
      this.inbox.push(0, channel === WHOLE_SOURCE ? element : ofSplit(element, channel), bytes)
    }
  }

  credit(output: number, bytes: number): void {
    const writer = this.writers[output]
    if (writer === undefined) throw protocolError(`the stage has no output ${output}`)
    writer.grant(bytes)
  }

  stored(checkpointId: bigint, chunk: number): void {
    this.sender.stored(checkpointId, chunk)
  }

  complete(checkpointId: bigint): void {
    this.task?.complete(checkpointId)
  }

  abort(checkpointId: bigint): void {
    this.task?.abort(checkpointId)
    this.sender.abort(checkpointId)
  }

  time(nowMs: number): void {
    if (!(this.clock instanceof HostClock)) throw protocolError('it tells the time, and did not say so in open')
    this.clock.tell(nowMs)
  }

  /** What its task does, and every sample that operators and writers have made. */
  async report(): Promise<object> {
    const task = this.task?.status() ?? null
    return { task, metrics: await this.metrics.values(this.options.plan.job) }
  }

  /** Ends after the element at hand; what is not prepared is dropped. */
  async close(): Promise<void> {
    this.closed = true
    this.task?.stop()
    this.feed?.fail(protocolError('it went away before all chunks had come'))
    this.sender.close()
    for (const writer of this.writers) writer.release()
    await this.opening.catch(() => {})
    await this.running
    await this.stage.close()
  }

  private async start(): Promise<void> {
    const { stagePlan } = this.options
    await this.stage.open(this.host(), this.restore())
    if (this.closed) return
    const name = { stage: stagePlan.id, subtask: this.opened.subtask }
    this.task = new StageTask({
      name,
      stage: this.stage,
      wakes: this.wakes,
      gate: this.inbox,
      outputs: this.outputs,
      listener: {
        acknowledged: (_task, checkpointId, { stage }, times) => {
          const { keyed, ...snapshot } = snapshotToMessage(stage)
          this.send(StageKind.snapshot, {
            checkpointId: String(checkpointId),
            chunks: keyed.length,
            ...snapshot,
            times,
          })
        },
        declined: (_task, checkpointId, error) =>
          this.send(StageKind.declined, { checkpointId: String(checkpointId), error: toRemoteError(error) }),
        failed: (_task, error) => this.failed(error),
        atEnd: () => {},
      },
      share: new LoopShare(this.clock),
      meter: new TaskMeter(this.clock, this.scope(stagePlan.id), () => this.stage.progress()),
      clock: this.clock,
    })
    this.send(StageKind.opened)
    this.running = this.task.run()
  }

  private restore(): StageRestore | undefined {
    const { restore } = this.opened
    if (restore === undefined) return undefined
    const { split, dropUnclaimed, watermarkMs } = restore
    return { keyed: this.feed!, split, dropUnclaimed, watermarkMs }
  }

  private host(): StageHost {
    const { plan, sinks, serdes, logger } = this.options
    const { subtask, parallelism } = this.opened
    const { clock, epoch } = this
    return stageHost({
      plan,
      epoch,
      subtask,
      parallelism,
      clock,
      logger,
      metrics: (uid) => this.scope(uid),
      emit: (output, element) => this.outputs.emit(output, element),
      store: (chunk, checkpointId) => this.sender.store(chunk, checkpointId),
      wake: (atMs) => this.wakes.at(atMs),
      // Whoever hosts stages elsewhere reads its own sources.
      reportSplit: () => {},
      sinks,
      serdes,
    })
  }

  private scope(uid: string) {
    return this.metrics.scope({ job: this.options.plan.job, uid, subtask: String(this.opened.subtask) })
  }

  private check(batch: Batch, edge: ExchangeEdge): void {
    checkTimes(batch)
    if (edge.partitioning === 'hash') checkKeys(batch, this.owned, this.options.plan.keyGroups)
  }

  private send(kind: number, message?: object): void {
    if (!this.closed) this.connection.send(...messageFrame(kind, message))
  }

  private failed(error: unknown): void {
    if (!this.closed) this.onFailure(error)
  }
}

/** The split of a source speaks. */
function ofSplit(element: Element, split: number): Element {
  switch (element.kind) {
    case 'batch': {
      const { length, timestampsMs, keyGroups, keys, kinds, origin } = element
      const rows = { length, make: () => element.values, column: (name: string) => element.column(name) }
      return new Batch(rows, { timestampsMs, keyGroups, keys, kinds, origin, split })
    }
    case 'watermark':
    case 'idle':
      return { ...element, split }
    default:
      throw protocolError('a split does not end; the source as a whole does')
  }
}
