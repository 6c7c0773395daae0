/** Runs a stage that begins with a source: polls the reader, feeds the stage, and injects barriers between batches. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { SourceReader, SplitState } from '../../topology/contract/source.ts'
import type { Stage } from '../../topology/contract/stage.ts'
import { type Barrier, type Batch, MAX_WATERMARK_MS, MIN_WATERMARK_MS } from '../../topology/element.ts'
import type { Poison } from '../../topology/poisoned-record.ts'
import type { Outputs } from '../exchange/outputs.ts'
import { faultPoint } from '../fault-point.ts'
import type { TaskName, TaskStatus } from '../protocol/messages.ts'
import type { SplitAlignment } from '../time/split-alignment.ts'
import type { Wakes } from '../time/wakes.ts'
import { CarefulReading } from './careful-reading.ts'
import type { LoopShare } from './loop-share.ts'
import { atOrigin } from './record-origin.ts'
import { SnapshotReporter } from './snapshot-reporter.ts'
import { SplitEnds } from './split-ends.ts'
import { SplitIdleness } from './split-idleness.ts'
import type { SourceTaskControl, TaskListener } from './task.ts'
import type { TaskMeter } from './task-meter.ts'
import { TaskTurn } from './task-turn.ts'

/** How long a wait for data may last before the task looks at its idle splits, milliseconds. */
const WAIT_MS = 1_000

export interface SourceTaskOptions {
  readonly name: TaskName
  readonly stage: Stage
  readonly reader: SourceReader
  readonly splits: readonly SplitState[]
  readonly outputs: Outputs
  readonly listener: TaskListener
  readonly share: LoopShare
  readonly meter: TaskMeter
  readonly wakes: Wakes
  readonly clock: Clock
  /** So many records are read one by one, each stamped with its place: one of them is suspected to fail the job. */
  readonly careful: number
  /** Records that go to the side output `poisoned`. */
  readonly poison: readonly Poison[]
  /** Where splits wait for those behind them in event time. */
  readonly alignment: SplitAlignment | undefined
  /** A split without data for this long is idle. @default never */
  readonly idleAfterMs?: number | undefined
}

export class SourceTask implements SourceTaskControl {
  readonly name: TaskName
  private readonly options: SourceTaskOptions
  private readonly snapshots: SnapshotReporter
  private readonly splits: SplitState[] = []
  private readonly idleness: SplitIdleness
  private readonly ends: SplitEnds
  private readonly reading: CarefulReading
  private readonly turn: TaskTurn
  private readonly barriers: Barrier[] = []
  /** Splits that it is to read too. */
  private assigned: readonly SplitState[] = []
  private draining = false
  private halted = false
  private stopped = false
  private ended = false
  private waiting: AbortController | undefined
  /** What the last barrier cut. */
  private cut:
    | { readonly checkpointId: bigint; readonly splits: readonly SplitState[]; readonly records: number }
    | undefined
  /** Read in this attempt, and of these, those that a complete checkpoint has got past. */
  private records = 0
  private completedRecords = 0

  constructor(options: SourceTaskOptions) {
    this.options = options
    this.name = options.name
    this.turn = new TaskTurn(options)
    options.wakes.onDue = () => this.waiting?.abort()
    this.snapshots = new SnapshotReporter(options.name, options.listener, options.clock)
    this.reading = new CarefulReading({ ...options, suspects: options.careful })
    this.idleness = new SplitIdleness([], options.clock, options.idleAfterMs)
    this.ends = new SplitEnds(options.reader, options.clock)
  }

  async run(): Promise<void> {
    const { stage, wakes, reader, splits, outputs, share, meter, listener } = this.options
    const { reading } = this
    let current: Batch | undefined
    try {
      await this.takeOver(splits)
      // Whoever has nothing to read holds nobody back.
      if (splits.length === 0) stage.onIdle(0, { kind: 'idle' })
      while (!this.stopped) {
        if (this.draining) await this.sendEnd()
        if (this.assigned.length > 0) await this.takeAssigned()
        if (wakes.isDue) await this.turn.wake()
        for (let barrier = this.barriers.shift(); barrier !== undefined; barrier = this.barriers.shift())
          this.snapshot(barrier)
        this.announceIdle()
        this.pauseThoseAhead()
        const polled = this.halted || this.allArePaused() ? undefined : reader.poll(reading.maxRows)
        const read = polled instanceof Promise ? await polled : polled
        if (read === undefined) {
          if (stage.isQuiet) await this.idle()
          else await this.turn.settle(stage.onQuiet())
          continue
        }
        const { batch, input } = reading.judge(read)
        current = batch
        this.records += batch.length
        meter.received(batch.length)
        faultPoint('source.after-poll')
        if (batch.split !== undefined) this.idleness.active(batch.split)
        const full = stage.onBatch(input, batch)
        faultPoint('task.after-batch')
        const credit = outputs.credit()
        if (full !== undefined || credit !== undefined) {
          await this.turn.settle(Promise.all([full, credit]))
          this.idleness.heldBack()
        }
        current = undefined
        await share.breathe()
      }
    } catch (error) {
      listener.failed(this.name, atOrigin(error, current))
    }
  }

  assign(splits: readonly SplitState[]): void {
    this.assigned = this.assigned.concat(splits)
    this.waiting?.abort()
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

  align(watermarksMs: Readonly<Record<string, number | null>>): void {
    const { alignment } = this.options
    if (alignment === undefined) return
    alignment.reportGroup(watermarksMs[alignment.group] ?? null)
    this.waiting?.abort()
  }

  stop(): void {
    this.stopped = true
    this.options.wakes.close()
    this.waiting?.abort()
  }

  complete(checkpointId: bigint): void {
    const { stage, reader } = this.options
    stage.complete(checkpointId)
    if (this.cut?.checkpointId !== checkpointId) return
    this.completedRecords = this.cut.records
    reader.checkpointComplete?.(this.cut.splits)
  }

  abort(checkpointId: bigint): void {
    this.options.stage.abort(checkpointId)
  }

  status(): TaskStatus {
    const { meter, reader, outputs } = this.options
    const status = meter.status(this.name, {
      bytesIn: reader.readBytes ?? 0,
      bytesOut: outputs.sentBytes,
      inputQueueLength: 0,
      outputQueueLength: outputs.length,
    })
    const { alignment } = this.options
    return {
      ...status,
      recordsSinceCheckpoint: this.records - this.completedRecords,
      ...(alignment !== undefined && {
        alignment: { group: alignment.group, watermarkMs: alignment.slowestMs(this.holdsNobody) },
      }),
    }
  }

  async close(): Promise<void> {
    await this.options.reader.close()
    await this.options.stage.close()
  }

  private takeAssigned(): Promise<void> {
    const { assigned } = this
    this.assigned = []
    this.ended = false
    return this.takeOver(assigned)
  }

  private async takeOver(splits: readonly SplitState[]): Promise<void> {
    const { stage, reader } = this.options
    await reader.assign(splits)
    this.splits.push(...splits)
    this.reading.add(splits)
    for (const { index } of splits) {
      this.idleness.add(index)
      await stage.onWatermark(0, { kind: 'watermark', timestampMs: MIN_WATERMARK_MS, split: index })
    }
    this.ends.add(splits)
  }

  private snapshot({ checkpointId, triggeredAtMs, ...barrier }: Barrier): void {
    const { stage, reader, outputs, clock } = this.options
    // Positions and stage state are cut at the same moment: nothing was polled that has not been fed.
    const splits = reader.snapshot()
    this.cut = { checkpointId, splits, records: this.records }
    const startDelayMs = Math.max(0, clock.nowMs() - triggeredAtMs)
    this.snapshots.report(checkpointId, stage.snapshot(checkpointId), { alignmentMs: 0, startDelayMs }, splits)
    outputs.broadcast({ ...barrier, checkpointId, triggeredAtMs })
  }

  private async sendEnd(): Promise<void> {
    const { stage } = this.options
    this.draining = false
    this.halted = true
    await this.turn.settle(stage.onWatermark(0, { kind: 'watermark', timestampMs: MAX_WATERMARK_MS }))
    await this.turn.settle(stage.onEnd(0, { kind: 'end', drain: true }))
  }

  private async idle(): Promise<void> {
    const { reader, listener, meter } = this.options
    if (!this.ended && this.splits.every((split) => reader.atEnd(split.id))) {
      this.ended = true
      listener.atEnd(this.name)
    }
    if (
      this.barriers.length > 0 ||
      this.assigned.length > 0 ||
      this.draining ||
      this.stopped ||
      this.options.wakes.isDue
    )
      return
    this.waiting = new AbortController()
    const { signal } = this.waiting
    await meter.waitIdle(
      this.halted || this.ended || this.allArePaused() ? aborted(signal) : reader.wait(WAIT_MS, signal),
    )
    this.waiting = undefined
  }

  /** A split at its bound is not idle: it holds its watermark until the job stops, unless nothing ever comes behind it. */
  private announceIdle(): void {
    const { alignment, stage } = this.options
    const holds = (index: number) => this.atEnd(index) || alignment?.isPaused(index) === true
    for (const split of this.idleness.newlyIdle(holds)) stage.onIdle(0, { kind: 'idle', split })
    for (const split of this.ends.newlyEnded()) stage.onIdle(0, { kind: 'idle', split })
  }

  private pauseThoseAhead(): void {
    const { alignment, reader } = this.options
    if (alignment === undefined) return
    const { pause, resume } = alignment.update(this.holdsNobody)
    if (pause.length === 0 && resume.length === 0) return
    // That it was not read says nothing about a split.
    for (const index of resume) this.idleness.active(index)
    const idsOf = (indexes: readonly number[]) =>
      this.splits.filter(({ index }) => indexes.includes(index)).map(({ id }) => id)
    reader.pauseOrResume?.(idsOf(pause), idsOf(resume))
  }

  /** A reader that can't pause single splits rests when all of them are ahead. */
  private allArePaused(): boolean {
    const { alignment } = this.options
    if (alignment === undefined || this.ended) return false
    const toRead = this.splits.filter(({ index }) => !this.atEnd(index))
    return toRead.length > 0 && toRead.every(({ index }) => alignment.isPaused(index))
  }

  private readonly holdsNobody = (index: number): boolean => this.idleness.isIdle(index) || this.atEnd(index)

  private atEnd(index: number): boolean {
    const split = this.splits.find((each) => each.index === index)
    return split !== undefined && this.options.reader.atEnd(split.id)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
