/**
 * All subtasks of a job, in this process and without a loop of their own: after every push they take turns until nothing
 * moves any more. Stages, gates, partitioners, channels, snapshots and manifests are those of the runtime.
 */

import type { Clock } from '../../topology/contract/clock.ts'
import type { Sink } from '../../topology/contract/sink.ts'
import type { SplitState } from '../../topology/contract/source.ts'
import { type Barrier, type Element, MIN_WATERMARK_MS } from '../../topology/element.ts'
import type { Plan, StagePlan } from '../../topology/plan/plan.ts'
import type { CheckpointFiles } from '../checkpoint/checkpoint-files.ts'
import type { Manifest } from '../checkpoint/manifest.ts'
import { restoreOf } from '../checkpoint/restore.ts'
import { buildManifest } from '../coordinator/build-manifest.ts'
import { place } from '../coordinator/placement.ts'
import type { DataSession } from '../exchange/data-plane.ts'
import { type GateElement, InputGate } from '../exchange/input-gate.ts'
import { Outputs } from '../exchange/outputs.ts'
import { taskId } from '../protocol/messages.ts'
import type { OpenStateBackend } from '../state/state-backend.ts'
import { Wakes } from '../time/wakes.ts'
import { ChainStage } from '../worker/chain-stage.ts'
import { stageHost } from '../worker/stage-host.ts'
import { TaskChannels } from '../worker/task-channels.ts'
import { jsonSerdes } from './json-serdes.ts'
import type { Observed } from './observed.ts'
import { type TaskInput, VirtualTask } from './virtual-task.ts'

export interface VirtualAttemptOptions {
  readonly plan: Plan
  readonly epoch: bigint
  readonly clock: Clock
  readonly observed: Observed
  /** Where its checkpoints go. */
  readonly files: CheckpointFiles
  /** @default state on the heap */
  readonly openState?: OpenStateBackend | undefined
  readonly restore?:
    | { readonly manifest: Manifest; readonly files: CheckpointFiles; readonly allowNonRestoredState: boolean }
    | undefined
}

const WORKER = 'test'

export class VirtualAttempt {
  private readonly options: VirtualAttemptOptions
  private readonly tasks: VirtualTask[] = []
  /** By stage and subtask of those that begin with a source: what was pushed and has not been taken. */
  private readonly pushed = new Map<string, PushedElements>()
  private isRunning = false
  private failure: unknown
  private hasFailed = false

  private constructor(options: VirtualAttemptOptions) {
    this.options = options
  }

  static async open(options: VirtualAttemptOptions): Promise<VirtualAttempt> {
    const attempt = new VirtualAttempt(options)
    const channels = new TaskChannels(options.plan, WORKER, place(options.plan, [WORKER]), noOtherWorkers)
    for (const stage of options.plan.stages) {
      for (let subtask = 0; subtask < stage.parallelism; subtask++) await attempt.openTask(stage, subtask, channels)
    }
    return attempt
  }

  /** Gives an element to a subtask of a source. */
  push(uid: string, subtask: number, input: number, element: Element): void {
    this.pushed.get(taskId({ stage: this.stageOf(uid).id, subtask }))!.add(input, element)
  }

  /** How many subtasks a source has. */
  subtasksOf(uid: string): number {
    return this.stageOf(uid).parallelism
  }

  /** Until nothing moves: all that was pushed has gone as far as it goes. @throws what a node has thrown */
  run(): void {
    this.runQuietly()
    this.rethrow()
  }

  rethrow(): void {
    if (this.hasFailed) throw this.failure
  }

  /** Waits for operators that are full, and for what promises leave to be done. */
  async settled(): Promise<void> {
    for (;;) {
      this.run()
      const full = this.tasks.flatMap((task) => task.full ?? [])
      if (full.length > 0) {
        await Promise.race(full)
        continue
      }
      await this.options.clock.turn()
      const hasMoved = this.runQuietly()
      this.rethrow()
      if (!hasMoved && this.tasks.every((task) => task.full === undefined)) return
    }
  }

  /**
   * A barrier through all tasks: what `positions` says of the sources belongs to the same moment.
   * @param onCut called when it has got through, before anything else moves
   */
  async checkpoint(
    checkpointId: bigint,
    positions: ReadonlyMap<string, readonly SplitState[]>,
    onCut: () => void,
  ): Promise<Manifest> {
    const { plan, epoch, clock } = this.options
    const barrier: Barrier = { kind: 'barrier', epoch, checkpointId, triggeredAtMs: clock.nowMs() }
    for (const pushed of this.pushed.values()) pushed.add(0, barrier)
    this.run()
    while (!this.tasks.every((task) => task.snapshots.has(checkpointId))) await this.settled()
    onCut()
    const snapshots = await Promise.all(
      this.tasks.map(async (task) => {
        const stage = await task.snapshots.get(checkpointId)!
        const { source } = task.plan
        // Positions are those of the source, whichever subtask tells them.
        const splits = source !== undefined && task.subtask === 0 ? positions.get(source.id) : undefined
        const id = taskId({ stage: task.plan.id, subtask: task.subtask })
        return [id, { stage, ...(splits !== undefined && { splits }) }] as const
      }),
    )
    for (const task of this.tasks) task.complete(checkpointId)
    return buildManifest({
      plan,
      kind: 'checkpoint',
      epoch,
      checkpointId,
      createdAtMs: barrier.triggeredAtMs,
      snapshots: new Map(snapshots),
      completedId: undefined,
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.tasks.map((task) => task.close()))
  }

  private async openTask(stagePlan: StagePlan, subtask: number, channels: TaskChannels): Promise<void> {
    const { plan, epoch, clock, observed, files, restore } = this.options
    const stage = new ChainStage(stagePlan, this.options.openState)
    const wakes = new Wakes(clock)
    wakes.onDue = () => this.runQuietly()
    const outputs = new Outputs(channels.outputs(stagePlan, subtask), { keyGroups: plan.keyGroups, subtask })
    const restored =
      restore && restoreOf(restore.manifest, stagePlan, subtask, restore.files, restore.allowNonRestoredState)
    const host = stageHost({
      plan,
      epoch,
      subtask,
      parallelism: stagePlan.parallelism,
      clock,
      logger: observed.logger,
      metrics: (uid) => observed.metrics(uid),
      emit: (output, element) => outputs.emit(output, element),
      store: (chunk) => files.store(epoch, chunk),
      wake: (atMs) => wakes.at(atMs),
      reportSplit: (split, watermarkMs) => observed.splitReports.push([split, watermarkMs]),
      sinks: heardSinks(plan),
      serdes: jsonSerdes,
    })
    const watermarkMs = restored?.watermarkMs ?? MIN_WATERMARK_MS
    const inputs = channels.inputs(stagePlan, subtask)
    const input =
      stagePlan.source === undefined
        ? new InputGate({ inputs, watermarkMs, clock })
        : this.inbox(taskId({ stage: stagePlan.id, subtask }))
    // Nobody is called before all are restored.
    this.isRunning = true
    await stage.open(host, restored)
    this.isRunning = false
    this.tasks.push(new VirtualTask({ plan: stagePlan, subtask, stage, input, outputs, wakes }))
  }

  private inbox(id: string): PushedElements {
    const pushed = new PushedElements()
    this.pushed.set(id, pushed)
    return pushed
  }

  /** @returns whether anything has moved */
  private runQuietly(): boolean {
    if (this.isRunning || this.hasFailed) return false
    this.isRunning = true
    let hasMoved = false
    try {
      for (let moved = true; moved; ) {
        moved = false
        for (const task of this.tasks) while (task.step()) moved = true
        hasMoved ||= moved
      }
    } catch (error) {
      this.hasFailed = true
      this.failure = error
    } finally {
      this.isRunning = false
    }
    return hasMoved
  }

  private stageOf(uid: string): StagePlan {
    return this.options.plan.stages.find(({ source }) => source?.id === uid)!
  }
}

class PushedElements implements TaskInput {
  private readonly elements: GateElement[] = []

  add(input: number, element: Element): void {
    this.elements.push({ input, element })
  }

  poll(): GateElement | undefined {
    return this.elements.shift()
  }
}

/** What reaches a sink has been written down before it: see instrument.ts. */
function heardSinks(plan: Plan): ReadonlyMap<string, Sink> {
  const sink: Sink = {
    createWriter: async () => ({ write() {}, prepareCommit: async () => [], async close() {} }),
    createCommitter: () => Promise.reject(new Error('the kit commits nothing')),
    async close() {},
  }
  return new Map(plan.nodes.flatMap(({ id, behaviour }) => (behaviour.type === 'sink' ? [[id, sink] as const] : [])))
}

const noOtherWorkers: DataSession = {
  receive: () => unreachable(),
  connect: () => unreachable(),
  close() {},
}

function unreachable(): never {
  throw new Error('all tasks of a test are in one worker')
}
