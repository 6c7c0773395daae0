/** The inputs of a task: takes turns among channels, aligns barriers across them, and merges what they say of time. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { Barrier, Element } from '../../topology/element.ts'
import { NodeInputs } from '../time/node-inputs.ts'
import type { ChannelReader } from './channel.ts'

export interface GateElement {
  /** Which input of the stage. */
  readonly input: number
  readonly element: Element
}

/** How a barrier came through the gate. */
export interface Alignment {
  /** From its first arrival on a channel to its last, milliseconds. */
  readonly alignmentMs: number
  /** From the coordinator to its first arrival, milliseconds. */
  readonly startDelayMs: number
}

export interface InputGateOptions {
  /** By input of the stage: a channel from each subtask before it. */
  readonly inputs: readonly (readonly ChannelReader[])[]
  /** What the restored checkpoint had: no merged watermark goes out below it. */
  readonly watermarkMs: number
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>
}

interface GateChannel {
  readonly reader: ChannelReader
  readonly input: number
  /** Position among the channels of its input. */
  readonly position: number
  blocked: boolean
}

/**
 * A barrier comes out once, when it has arrived on every channel. A channel it has arrived on gives nothing more until
 * then, so that the snapshot holds exactly what came before the barrier (Chandy–Lamport, as in Flink).
 */
export class InputGate {
  private readonly clock: InputGateOptions['clock']
  private readonly channels: readonly GateChannel[]
  private readonly merged: readonly NodeInputs[]
  private arrived = 0
  private firstArrivedMs = 0
  private turn = 0
  private wake: (() => void) | undefined
  private delivered: GateElement | undefined
  private aligned: Alignment = { alignmentMs: 0, startDelayMs: 0 }

  constructor({ inputs, watermarkMs, clock }: InputGateOptions) {
    this.clock = clock
    this.channels = inputs.flatMap((readers, input) =>
      readers.map((reader, position) => ({ reader, input, position, blocked: false })),
    )
    this.merged = inputs.map(
      (readers, input) =>
        new NodeInputs(readers.length, watermarkMs, (element) => {
          this.delivered = { input, element }
        }),
    )
    for (const { reader } of this.channels) reader.onReadable(() => this.notify())
  }

  /** How the last barrier that came out was aligned. */
  get alignment(): Alignment {
    return this.aligned
  }

  /** Elements on the way. */
  get length(): number {
    let length = 0
    for (const { reader } of this.channels) length += reader.length
    return length
  }

  /** Bytes of all batches that were taken. */
  get takenBytes(): number {
    let bytes = 0
    for (const { reader } of this.channels) bytes += reader.takenBytes
    return bytes
  }

  /** The next element, or undefined when nothing may be taken now. */
  poll(): GateElement | undefined {
    const { channels } = this
    for (let tried = 0; tried < channels.length; tried++) {
      const channel = channels[this.turn]!
      this.turn = (this.turn + 1) % channels.length
      if (channel.blocked) continue
      const element = channel.reader.take()
      if (element === undefined) continue
      const next = element.kind === 'barrier' ? this.align(channel, element) : this.merge(channel, element)
      if (next !== undefined) return next
      tried = -1
    }
    return undefined
  }

  /** Resolves when a poll may find something. */
  wait(): Promise<void> {
    if (this.channels.some(({ blocked, reader }) => !blocked && reader.length > 0)) return Promise.resolve()
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

  private merge({ input, position }: GateChannel, element: Element): GateElement | undefined {
    this.delivered = undefined
    this.merged[input]!.receive(element, position)
    return this.delivered
  }

  private align(channel: GateChannel, barrier: Barrier): GateElement | undefined {
    channel.blocked = true
    const nowMs = this.clock.monotonicMs()
    if (this.arrived++ === 0) {
      this.firstArrivedMs = nowMs
      this.aligned = { alignmentMs: 0, startDelayMs: Math.max(0, this.clock.nowMs() - barrier.triggeredAtMs) }
    }
    if (this.arrived < this.channels.length) return undefined
    this.arrived = 0
    for (const each of this.channels) each.blocked = false
    this.aligned = { ...this.aligned, alignmentMs: nowMs - this.firstArrivedMs }
    return { input: channel.input, element: barrier }
  }
}
