/**
 * Timers of keys, in one domain of time: at most one per key and moment.
 *
 * They are keyed state, under the composite of moment and key and in the key group of the key; which of them is due next is
 * known in memory, from that state after a restore.
 */
import { boolean } from '../../topology/codec/index.ts'
import type { KeyedState, StateStore } from '../../topology/contract/state.ts'
import { describeValue } from '../../topology/describe-value.ts'
import type { Key } from '../../topology/element.ts'
import { compositeKey, keyValues } from '../../topology/key.ts'
import { DueHeap } from '../due-heap.ts'

/** One that is due. */
export interface DueTimer {
  readonly atMs: number
  readonly keyGroup: number
  readonly key: Key
}

/** So many deleted ones are borne before anybody looks. */
const LEAST_DELETED = 1_024

export class KeyTimers {
  private readonly state: KeyedState<boolean>
  /** Also those that have been deleted: they are passed over when they fall due. */
  private heap = new DueHeap<DueTimer>()
  /** How many of the heap's have been deleted, about. */
  private deleted = 0
  /** Set while a drain fires those that are there. */
  private aside: DueTimer[] | undefined
  /** The moment of the timer that fires now: one for it, or before, would fire for ever. */
  private firingMs = Number.NEGATIVE_INFINITY

  constructor(store: StateStore, name: string) {
    this.state = store.keyed({ name, codec: boolean })
    this.rebuild()
  }

  /** When the next one is due; +∞ when there is none. One that has been deleted may count. */
  get nextMs(): number {
    return this.heap.nextMs
  }

  get size(): number {
    return this.state.size
  }

  /** @throws {TypeError} when the time is no whole number of milliseconds, or would never be passed */
  set(keyGroup: number, key: Key, atMs: number): void {
    checkTime(atMs)
    if (atMs <= this.firingMs) {
      throw new TypeError(
        `a timer for ${atMs}, set while that for ${this.firingMs} fires, would fire at once, and so for ever`,
      )
    }
    const composite = compositeKey([atMs, key])
    if (this.state.get(0, keyGroup, composite) !== undefined) return
    this.state.set(0, keyGroup, composite, true)
    const timer = { atMs, keyGroup, key }
    if (this.aside === undefined) this.heap.push(atMs, timer)
    else this.aside.push(timer)
  }

  /** Does nothing when there is none for that moment. @throws {TypeError} as `set` */
  delete(keyGroup: number, key: Key, atMs: number): void {
    checkTime(atMs)
    if (!this.state.delete(0, keyGroup, compositeKey([atMs, key]))) return
    this.deleted++
    // Deadlines far off that are always put off again would fill the heap: half of it at most is of no use.
    if (this.deleted > Math.max(LEAST_DELETED, this.state.size) && this.aside === undefined) this.rebuild()
  }

  /**
   * Takes what is due by `untilMs` out, one by one and in the order of time, also what `fire` sets meanwhile; at +∞, a drain,
   * only what was there before.
   */
  fire(untilMs: number, fire: (timer: DueTimer) => void): void {
    if (untilMs === Number.POSITIVE_INFINITY) this.aside = []
    try {
      for (let timer = this.heap.pop(untilMs); timer !== undefined; timer = this.heap.pop(untilMs)) {
        if (!this.state.delete(0, timer.keyGroup, compositeKey([timer.atMs, timer.key]))) {
          this.deleted = Math.max(0, this.deleted - 1)
          continue
        }
        this.firingMs = timer.atMs
        fire(timer)
      }
    } finally {
      this.firingMs = Number.NEGATIVE_INFINITY
      for (const timer of this.aside ?? []) this.heap.push(timer.atMs, timer)
      this.aside = undefined
    }
  }

  private rebuild(): void {
    this.heap = new DueHeap()
    this.deleted = 0
    for (const [keyGroup, composite] of this.state.entries(0)) {
      const [atMs, key] = keyValues(composite, 2) as [number, Key]
      this.heap.push(atMs, { atMs, keyGroup, key })
    }
  }
}

function checkTime(atMs: unknown): void {
  if (Number.isSafeInteger(atMs)) return
  throw new TypeError(
    `the time of a timer is a whole number of milliseconds since the epoch, not ${describeValue(atMs)}`,
  )
}
