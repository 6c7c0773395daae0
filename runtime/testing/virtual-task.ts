/**
 * One subtask of a stage, run by hand: what comes through its gate is given to the very stage that a worker runs, one
 * element a step, and never while the stage says it is full.
 */
import type { Stage, StageSnapshot } from '../../topology/contract/stage.ts'
import type { Element } from '../../topology/element.ts'
import type { StagePlan } from '../../topology/plan/plan.ts'
import type { GateElement } from '../exchange/input-gate.ts'
import type { Outputs } from '../exchange/outputs.ts'
import type { Wakes } from '../time/wakes.ts'

/** What a task takes its elements from: a gate, or what a test pushes into a source. */
export interface TaskInput {
  poll(): GateElement | undefined
}

export interface VirtualTaskOptions {
  readonly plan: StagePlan
  readonly subtask: number
  readonly stage: Stage
  readonly input: TaskInput
  readonly outputs: Outputs
  readonly wakes: Wakes
}

export class VirtualTask {
  readonly plan: StagePlan
  readonly subtask: number
  /** By checkpoint, from the barrier on. */
  readonly snapshots = new Map<bigint, Promise<StageSnapshot>>()
  /** Resolves when the stage takes elements again; undefined while it does. */
  full: Promise<unknown> | undefined
  private readonly options: VirtualTaskOptions

  constructor(options: VirtualTaskOptions) {
    this.options = options
    this.plan = options.plan
    this.subtask = options.subtask
  }

  /**
   * Calls an operator that is due, or gives the stage its next element, or tells it that there is none.
   * @returns whether there was anything to do
   */
  step(): boolean {
    const { stage, wakes, input } = this.options
    if (wakes.isDue) {
      this.fill(stage.onWake(wakes.take()))
      return true
    }
    if (this.full !== undefined) return false
    const next = input.poll()
    if (next === undefined && stage.isQuiet) return false
    this.fill(next === undefined ? stage.onQuiet() : this.feed(next.input, next.element))
    return true
  }

  complete(checkpointId: bigint): void {
    this.snapshots.delete(checkpointId)
    this.options.stage.complete(checkpointId)
  }

  async close(): Promise<void> {
    this.options.wakes.close()
    await this.options.stage.close()
  }

  private feed(input: number, element: Element): void | Promise<void> {
    const { stage, outputs } = this.options
    switch (element.kind) {
      case 'batch':
        return stage.onBatch(input, element)
      case 'watermark':
        return stage.onWatermark(input, element)
      case 'idle':
        return stage.onIdle(input, element)
      case 'end':
        return stage.onEnd(input, element)
      case 'barrier': {
        const snapshot = stage.snapshot(element.checkpointId)
        // Whoever asked for the checkpoint waits for it; until then it must not end the process.
        snapshot.catch(() => {})
        this.snapshots.set(element.checkpointId, snapshot)
        outputs.broadcast(element)
        return undefined
      }
    }
  }

  // biome-ignore lint/suspicious/noConfusingVoidType: it is what the calls of a stage return
  private fill(full: void | Promise<unknown>): void {
    if (full === undefined) return
    const waiting: Promise<unknown> = Promise.all([this.full, full]).then(() => {
      if (this.full === waiting) this.full = undefined
    })
    // Whoever waits until the job has settled is told.
    waiting.catch(() => {})
    this.full = waiting
  }
}
