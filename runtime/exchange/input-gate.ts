/** The inputs of a task: takes turns among channels, and aligns barriers across them. */
import type { Barrier, Element } from '../../topology/element.ts'
import type { Channel } from './channel.ts'

export interface GateElement {
  readonly channel: number
  readonly element: Element
}

/**
 * A barrier comes out once, when it has arrived on every channel. A channel it has arrived on gives nothing more until
 * then, so that the snapshot holds exactly what came before the barrier (Chandy–Lamport, as in Flink).
 */
export class InputGate {
  private readonly channels: readonly Channel[]
  private readonly blocked: boolean[]
  private arrived = 0
  private turn = 0
  private wake: (() => void) | undefined

  constructor(channels: readonly Channel[]) {
    this.channels = channels
    this.blocked = channels.map(() => false)
    for (const channel of channels) channel.onReadable(() => this.notify())
  }

  /** The next element, or undefined when nothing may be taken now. */
  poll(): GateElement | undefined {
    const { channels } = this
    for (let tried = 0; tried < channels.length; tried++) {
      const index = this.turn
      this.turn = (this.turn + 1) % channels.length
      if (this.blocked[index]) continue
      const element = channels[index]!.take()
      if (element === undefined) continue
      if (element.kind !== 'barrier') return { channel: index, element }
      const aligned = this.align(index, element)
      if (aligned !== undefined) return { channel: index, element: aligned }
      tried = -1
    }
    return undefined
  }

  /** Resolves when a poll may find something. */
  wait(): Promise<void> {
    if (this.channels.some((channel, index) => !this.blocked[index] && channel.length > 0)) return Promise.resolve()
    return new Promise((resolve) => {
      this.wake = resolve
    })
  }

  /** Wakes a waiting task, so that it looks around. */
  notify(): void {
    const wake = this.wake
    this.wake = undefined
    wake?.()
  }

  private align(index: number, barrier: Barrier): Barrier | undefined {
    this.blocked[index] = true
    if (++this.arrived < this.channels.length) return undefined
    this.arrived = 0
    this.blocked.fill(false)
    return barrier
  }
}
