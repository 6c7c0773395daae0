/** When each key is due next: one time per key, in memory, made anew from state after a restore. */
import type { Key } from '../topology/element.ts'
import { DueHeap } from './due-heap.ts'

interface Due {
  readonly atMs: number
  readonly keyGroup: number
  readonly key: Key
}

/** A key that has been given an earlier time leaves the later one behind, to be passed over. */
export class KeyDues {
  private readonly heap = new DueHeap<Due>()
  private readonly times = new Map<Key, number>()

  /** Makes a key due, unless it is earlier already. */
  add(atMs: number, keyGroup: number, key: Key): void {
    const knownMs = this.times.get(key)
    if (knownMs !== undefined && knownMs <= atMs) return
    this.times.set(key, atMs)
    this.heap.push(atMs, { atMs, keyGroup, key })
  }

  /** Takes the first key that is due by `untilMs`; it is no longer due then. */
  take(untilMs: number): Due | undefined {
    for (let due = this.heap.pop(untilMs); due !== undefined; due = this.heap.pop(untilMs)) {
      if (this.times.get(due.key) !== due.atMs) continue
      this.times.delete(due.key)
      return due
    }
    return undefined
  }
}
