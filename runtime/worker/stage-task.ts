/** Runs a stage behind exchanges: takes elements from its gate, aligned, and feeds them to the stage. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { Stage } from '../../topology/contract/stage.ts'
import type { Element } from '../../topology/element.ts'
import type { Alignment, GateElement } from '../exchange/input-gate.ts'
import type { Outputs } from '../exchange/outputs.ts'
import { faultPoint } from '../fault-point.ts'
import type { TaskName, TaskStatus } from '../protocol/messages.ts'
import type { Wakes } from '../time/wakes.ts'
import type { LoopShare } from './loop-share.ts'
import { atOrigin } from './record-origin.ts'
import { SnapshotReporter } from './snapshot-reporter.ts'
import type { Task, TaskListener } from './task.ts'
import type { TaskMeter } from './task-meter.ts'
import { TaskTurn } from './task-turn.ts'

/** What a task takes its elements from, aligned and merged: an InputGate, or a host elsewhere that did both. */
export interface ElementGate {
  /** Elements on the way. */
  readonly length: number
  /** Bytes of all batches that were taken. */
  readonly takenBytes: number
  /** How the last barrier that came out was aligned. */
  readonly alignment: Alignment
  /** The next element, or undefined when nothing may be taken now. */
  poll(): GateElement | undefined
  /** Resolves when a poll may find something. */
  wait(): Promise<void>
  /** Wakes a waiting task, so that it looks around. */
  notify(): void
}

export interface StageTaskOptions {
  readonly name: TaskName
  readonly stage: Stage
  readonly wakes: Wakes
  readonly gate: ElementGate
  readonly outputs: Outputs
  readonly listener: TaskListener
  readonly share: LoopShare
  readonly meter: TaskMeter
  readonly clock: Clock
}

export class StageTask implements Task {
  readonly name: TaskName
  private readonly options: StageTaskOptions
  private readonly snapshots: SnapshotReporter
  private readonly turn: TaskTurn
  private stopped = false

  constructor(options: StageTaskOptions) {
    this.options = options
    this.name = options.name
    this.turn = new TaskTurn(options)
    options.wakes.onDue = () => options.gate.notify()
    this.snapshots = new SnapshotReporter(options.name, options.listener, options.clock)
  }

  async run(): Promise<void> {
    const { stage, gate, outputs, wakes, share, meter, listener } = this.options
    let current: Element | undefined
    try {
      while (!this.stopped) {
        if (wakes.isDue) await this.turn.wake()
        const next = gate.poll()
        if (next === undefined) {
          if (stage.isQuiet) await meter.waitIdle(gate.wait())
          else await this.turn.settle(stage.onQuiet())
          continue
        }
        current = next.element
        const full = this.feed(next.input, next.element)
        if (full !== undefined) await this.turn.settle(full)
        const credit = outputs.credit()
        if (credit !== undefined) await meter.waitBackpressured(credit)
        // No await for nothing: what a source has sent is taken before it sends more, while its rows are in the cache.
        const pause = share.breathe()
        if (pause !== undefined) await pause
      }
    } catch (error) {
      listener.failed(this.name, atOrigin(error, current))
    }
  }

  stop(): void {
    this.stopped = true
    this.options.wakes.close()
    this.options.gate.notify()
  }

  complete(checkpointId: bigint): void {
    this.options.stage.complete(checkpointId)
  }

  abort(checkpointId: bigint): void {
    this.options.stage.abort(checkpointId)
  }

  status(): TaskStatus {
    const { meter, gate, outputs } = this.options
    return meter.status(this.name, {
      bytesIn: gate.takenBytes,
      bytesOut: outputs.sentBytes,
      inputQueueLength: gate.length,
      outputQueueLength: outputs.length,
    })
  }

  close(): Promise<void> {
    return this.options.stage.close()
  }

  private feed(input: number, element: Element): void | Promise<void> {
    const { stage, outputs, gate, meter } = this.options
    switch (element.kind) {
      case 'batch': {
        meter.received(element.length)
        const full = stage.onBatch(input, element)
        faultPoint('task.after-batch')
        return full
      }
      case 'watermark':
        return stage.onWatermark(input, element)
      case 'idle':
        return stage.onIdle(input, element)
      case 'end':
        return stage.onEnd(input, element)
      case 'barrier':
        this.snapshots.report(element.checkpointId, stage.snapshot(element.checkpointId), gate.alignment)
        // After the cut, which is made when snapshot() returns.
        outputs.broadcast(element)
        return undefined
    }
  }
}
