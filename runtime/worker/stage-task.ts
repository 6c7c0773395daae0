/** Runs a stage behind exchanges: takes elements from its gate, aligned, and feeds them to the stage. */
import type { Stage } from '../../topology/contract/stage.ts'
import type { Element } from '../../topology/element.ts'
import type { StagePlan } from '../../topology/plan/plan.ts'
import type { InputGate } from '../exchange/input-gate.ts'
import type { Outputs } from '../exchange/outputs.ts'
import { faultPoint } from '../fault-point.ts'
import type { LoopShare } from './loop-share.ts'
import type { Task, TaskListener } from './task.ts'
import type { TaskTimes } from './task-times.ts'

export interface StageTaskOptions {
  readonly plan: StagePlan
  readonly stage: Stage
  readonly gate: InputGate
  readonly outputs: Outputs
  readonly listener: TaskListener
  readonly share: LoopShare
  readonly times: TaskTimes
}

export class StageTask implements Task {
  readonly stageId: string
  private readonly options: StageTaskOptions
  private stopped = false

  constructor(options: StageTaskOptions) {
    this.options = options
    this.stageId = options.plan.id
  }

  async run(): Promise<void> {
    const { gate, outputs, share, times, listener } = this.options
    try {
      while (!this.stopped) {
        const next = gate.poll()
        if (next === undefined) {
          await times.waitIdle(gate.wait())
          continue
        }
        const full = this.feed(next.channel, next.element)
        if (full !== undefined) await times.waitBackpressured(full)
        const credit = outputs.credit()
        if (credit !== undefined) await times.waitBackpressured(credit)
        await share.breathe()
      }
    } catch (error) {
      listener.failed(this.stageId, error)
    }
  }

  stop(): void {
    this.stopped = true
    this.options.gate.notify()
  }

  close(): Promise<void> {
    return this.options.stage.close()
  }

  private feed(input: number, element: Element): void | Promise<void> {
    const { stage } = this.options
    switch (element.kind) {
      case 'batch': {
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
      case 'barrier': {
        const { listener, outputs } = this.options
        const { checkpointId } = element
        stage
          .snapshot(checkpointId)
          .then((snapshot) => {
            faultPoint('checkpoint.after-snapshot')
            listener.acknowledged(this.stageId, checkpointId, { stage: snapshot })
          })
          .catch((error: unknown) => listener.failed(this.stageId, error))
        // After the cut, which is made when snapshot() returns.
        outputs.broadcast(element)
        return undefined
      }
    }
  }
}
