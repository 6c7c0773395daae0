/** A task's turn beside its elements: operators that asked to be called, also while something is full. */
import type { Stage } from '../../topology/contract/stage.ts'
import type { Wakes } from '../time/wakes.ts'
import type { TaskMeter } from './task-meter.ts'

export interface TaskTurnOptions {
  readonly stage: Stage
  readonly wakes: Wakes
  readonly meter: TaskMeter
}

export class TaskTurn {
  private readonly options: TaskTurnOptions

  constructor(options: TaskTurnOptions) {
    this.options = options
  }

  /** Calls whoever is due. */
  async wake(): Promise<void> {
    const { stage, wakes } = this.options
    await this.settle(stage.onWake(wakes.take()))
  }

  /** Waits for what the stage is full of, and calls whoever falls due meanwhile; no longer than the task runs. */
  // biome-ignore lint/suspicious/noConfusingVoidType: it is what the calls of a stage return
  async settle(full: void | Promise<unknown>): Promise<void> {
    if (full === undefined) return
    const { stage, wakes, meter } = this.options
    let waiting = full
    while (!wakes.isClosed) {
      let settled = false
      const done = waiting.then(() => {
        settled = true
      })
      // When a call of onWake has failed before it does, nobody waits for it any more.
      done.catch(() => {})
      await meter.waitBackpressured(wakes.until(done))
      if (settled) return
      if (!wakes.isDue) continue
      const more = stage.onWake(wakes.take())
      if (more !== undefined) waiting = Promise.all([done, more])
    }
  }
}
