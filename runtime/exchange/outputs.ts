/** The outputs of a task: one channel each, at parallelism 1. */
import type { Element } from '../../topology/element.ts'
import type { Channel } from './channel.ts'

export class Outputs {
  private readonly channels: readonly Channel[]

  constructor(channels: readonly Channel[]) {
    this.channels = channels
  }

  emit(output: number, element: Element): void {
    this.channels[output]!.send(element)
  }

  broadcast(element: Element): void {
    for (const channel of this.channels) channel.send(element)
  }

  /** A promise while some output has no credit: the task must not take another batch before it resolves. */
  credit(): Promise<unknown> | undefined {
    for (const channel of this.channels) {
      if (!channel.hasCredit) return Promise.all(this.channels.map((each) => each.credit()))
    }
    return undefined
  }
}
