/** Which key is due next: one time per key, in memory, made anew from state after a restore. */
import type { Key } from '../../topology/element.ts'

interface Timer {
  readonly atMs: number
  readonly keyGroup: number
  readonly key: Key
}

/** A binary heap. A key that has been given an earlier time leaves the later one behind, to be passed over. */
export class TimerQueue {
  private readonly heap: Timer[] = []
  private readonly times = new Map<Key, number>()

  /** When the first key is due; +∞ when none is. */
  get nextMs(): number {
    return this.heap[0]?.atMs ?? Number.POSITIVE_INFINITY
  }

  /** Makes a key due, unless it is earlier already. */
  add(atMs: number, keyGroup: number, key: Key): void {
    const knownMs = this.times.get(key)
    if (knownMs !== undefined && knownMs <= atMs) return
    this.times.set(key, atMs)
    const { heap } = this
    let at = heap.length
    const timer = { atMs, keyGroup, key }
    heap.push(timer)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (heap[parent]!.atMs <= atMs) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = timer
  }

  /** Takes the first key that is due by `untilMs`; it is no longer due then. */
  take(untilMs: number): Timer | undefined {
    while (this.heap.length > 0 && this.heap[0]!.atMs <= untilMs) {
      const first = this.pop()
      if (this.times.get(first.key) !== first.atMs) continue
      this.times.delete(first.key)
      return first
    }
    return undefined
  }

  private pop(): Timer {
    const { heap } = this
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1]!.atMs < heap[child]!.atMs) child++
      if (heap[child]!.atMs >= last.atMs) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return first
  }
}
