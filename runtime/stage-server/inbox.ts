/** Elements from a host, in the order it sent them: it has aligned barriers and merged watermarks already. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { Element } from '../../topology/element.ts'
import { replaces } from '../exchange/channel.ts'
import type { Alignment, GateElement } from '../exchange/input-gate.ts'
import type { ElementGate } from '../worker/stage-task.ts'
import type { CreditWindow } from './credit-window.ts'
import { protocolError } from './protocol-error.ts'

/** Control elements take no credit; whoever sends more than so many that are not taken yet does not wait for anything. */
export const MAX_QUEUED = 1 << 16

interface Queued extends GateElement {
  readonly bytes: number
}

export class Inbox implements ElementGate {
  takenBytes = 0
  private readonly clock: Pick<Clock, 'nowMs'>
  private readonly credit: CreditWindow
  private readonly queue: Queued[] = []
  private head = 0
  private wake: (() => void) | undefined
  private startDelayMs = 0

  constructor(clock: Pick<Clock, 'nowMs'>, credit: CreditWindow) {
    this.clock = clock
    this.credit = credit
  }

  get length(): number {
    return this.queue.length - this.head
  }

  /** What came before the barrier reached this process is the host's to know. */
  get alignment(): Alignment {
    return { alignmentMs: 0, startDelayMs: this.startDelayMs }
  }

  /** @param bytes what it takes of the credit. @throws {SluiceError} `STAGE_PROTOCOL` */
  push(input: number, element: Element, bytes: number): void {
    if (bytes > 0) this.credit.spend(bytes)
    const last = this.length > 0 ? this.queue.at(-1)! : undefined
    if (last !== undefined && replaces(element, last.element) && isSamePlace(last, input, element)) this.queue.pop()
    else if (this.length >= MAX_QUEUED) throw protocolError(`${MAX_QUEUED} elements wait, and it sends more`)
    this.queue.push({ input, element, bytes })
    this.notify()
  }

  poll(): GateElement | undefined {
    const next = this.queue[this.head]
    if (next === undefined) return undefined
    if (++this.head > 64 && this.head * 2 > this.queue.length) {
      this.queue.splice(0, this.head)
      this.head = 0
    }
    if (next.bytes > 0) {
      this.takenBytes += next.bytes
      this.credit.taken(next.bytes)
    }
    if (next.element.kind === 'barrier') {
      this.startDelayMs = Math.max(0, this.clock.nowMs() - next.element.triggeredAtMs)
    }
    return next
  }

  wait(): Promise<void> {
    if (this.length > 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.wake = resolve
    })
  }

  notify(): void {
    const wake = this.wake
    this.wake = undefined
    wake?.()
  }
}

function isSamePlace(last: GateElement, input: number, element: Element): boolean {
  return last.input === input && splitOf(last.element) === splitOf(element)
}

function splitOf(element: Element): number | undefined {
  return element.kind === 'watermark' ? element.split : undefined
}
