/** Runs a stage that begins with a source: polls the reader, feeds the stage, and injects barriers between batches. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { SourceReader, SplitState } from '../../topology/contract/source.ts'
import type { Stage } from '../../topology/contract/stage.ts'
import { type Barrier, MAX_WATERMARK_MS, MIN_WATERMARK_MS } from '../../topology/element.ts'
import type { StagePlan } from '../../topology/plan/plan.ts'
import type { Outputs } from '../exchange/outputs.ts'
import { faultPoint } from '../fault-point.ts'
import type { LoopShare } from './loop-share.ts'
import { SplitIdleness } from './split-idleness.ts'
import type { SourceTaskControl, TaskListener } from './task.ts'
import type { TaskTimes } from './task-times.ts'

/** Rows per batch: larger batches outlive the young generation. */
const MAX_BATCH_ROWS = 1024
/** How long a wait for data may last before the task looks at its idle splits, milliseconds. */
const WAIT_MS = 1_000

export interface SourceTaskOptions {
  readonly plan: StagePlan
  readonly stage: Stage
  readonly reader: SourceReader
  readonly splits: readonly SplitState[]
  readonly outputs: Outputs
  readonly listener: TaskListener
  readonly share: LoopShare
  readonly times: TaskTimes
  readonly clock: Clock
  /** A split without data for this long is idle. @default never */
  readonly idleAfterMs?: number | undefined
}

export class SourceTask implements SourceTaskControl {
  readonly stageId: string
  private readonly options: SourceTaskOptions
  private readonly idleness: SplitIdleness
  private readonly barriers: Barrier[] = []
  private draining = false
  private halted = false
  private stopped = false
  private ended = false
  private waiting: AbortController | undefined

  constructor(options: SourceTaskOptions) {
    this.options = options
    this.stageId = options.plan.id
    this.idleness = new SplitIdleness(
      options.splits.map((split) => split.index),
      options.clock,
      options.idleAfterMs,
    )
  }

  async run(): Promise<void> {
    const { stage, reader, splits, outputs, share, times, listener } = this.options
    try {
      await reader.assign(splits)
      for (const { index } of splits)
        await stage.onWatermark(0, { kind: 'watermark', timestampMs: MIN_WATERMARK_MS, split: index })
      while (!this.stopped) {
        if (this.draining) await this.sendEnd()
        for (let barrier = this.barriers.shift(); barrier !== undefined; barrier = this.barriers.shift())
          this.snapshot(barrier)
        this.announceIdle()
        const polled = this.halted ? undefined : reader.poll(MAX_BATCH_ROWS)
        const batch = polled instanceof Promise ? await polled : polled
        if (batch === undefined) {
          await this.idle()
          continue
        }
        faultPoint('source.after-poll')
        if (batch.split !== undefined) this.idleness.active(batch.split)
        const full = stage.onBatch(0, batch)
        faultPoint('task.after-batch')
        const credit = outputs.credit()
        if (full !== undefined || credit !== undefined) {
          await times.waitBackpressured(Promise.all([full, credit]))
          this.idleness.heldBack()
        }
        await share.breathe()
      }
    } catch (error) {
      listener.failed(this.stageId, error)
    }
  }

  trigger(barrier: Barrier): void {
    this.barriers.push(barrier)
    this.waiting?.abort()
  }

  drain(): void {
    this.draining = true
    this.waiting?.abort()
  }

  halt(): void {
    this.halted = true
    this.waiting?.abort()
  }

  stop(): void {
    this.stopped = true
    this.waiting?.abort()
  }

  async close(): Promise<void> {
    await this.options.reader.close()
    await this.options.stage.close()
  }

  private snapshot(barrier: Barrier): void {
    const { stage, reader, outputs, listener } = this.options
    // Positions and stage state are cut at the same moment: nothing was polled that has not been fed.
    const splits = reader.snapshot()
    stage
      .snapshot(barrier.checkpointId)
      .then((snapshot) => {
        faultPoint('checkpoint.after-snapshot')
        listener.acknowledged(this.stageId, barrier.checkpointId, { stage: snapshot, splits })
      })
      .catch((error: unknown) => listener.failed(this.stageId, error))
    outputs.broadcast(barrier)
  }

  private async sendEnd(): Promise<void> {
    const { stage } = this.options
    this.draining = false
    this.halted = true
    await stage.onWatermark(0, { kind: 'watermark', timestampMs: MAX_WATERMARK_MS })
    await stage.onEnd(0, { kind: 'end', drain: true })
  }

  private async idle(): Promise<void> {
    const { reader, splits, listener, times } = this.options
    if (!this.ended && splits.every((split) => reader.atEnd(split.id))) {
      this.ended = true
      listener.atEnd(this.stageId)
    }
    if (this.barriers.length > 0 || this.draining || this.stopped) return
    this.waiting = new AbortController()
    const { signal } = this.waiting
    await times.waitIdle(this.halted || this.ended ? aborted(signal) : reader.wait(WAIT_MS, signal))
    this.waiting = undefined
  }

  /** A split at its bound is not idle: it holds its watermark until the job stops. */
  private announceIdle(): void {
    for (const split of this.idleness.newlyIdle((index) => this.atEnd(index)))
      this.options.stage.onIdle(0, { kind: 'idle', split })
  }

  private atEnd(index: number): boolean {
    const split = this.options.splits.find((each) => each.index === index)
    return split !== undefined && this.options.reader.atEnd(split.id)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
