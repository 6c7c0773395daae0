/**
 * Which keys are to be looked at when, so that what has expired is found without looking at the rest: in memory, by
 * moments that are a sixteenth of the lifetime apart. A key whose entry is renewed, or removed and written again, is
 * in no more than seventeen of them.
 */
import type { Key } from '../../../topology/element.ts'

const BUCKETS_PER_LIFETIME = 16

export class ExpiryBuckets {
  private readonly widthMs: number
  /** By moment: the keys, and the key group of each. */
  private readonly buckets = new Map<number, Map<Key, number>>()
  /** No bucket is due before. */
  private nextMs = Number.POSITIVE_INFINITY

  constructor(lifetimeMs: number) {
    this.widthMs = Math.ceil(lifetimeMs / BUCKETS_PER_LIFETIME)
  }

  /** To be looked at when `expiryMs` has passed. */
  add(expiryMs: number, keyGroup: number, key: Key): void {
    const dueMs = Math.ceil(expiryMs / this.widthMs) * this.widthMs
    const bucket = this.buckets.get(dueMs)
    if (bucket !== undefined) bucket.set(key, keyGroup)
    else this.buckets.set(dueMs, new Map([[key, keyGroup]]))
    if (dueMs < this.nextMs) this.nextMs = dueMs
  }

  /** Takes out up to `limit` keys that are due at `nowMs`. `look` may add keys. */
  take(nowMs: number, limit: number, look: (keyGroup: number, key: Key) => void): void {
    let left = limit
    while (left > 0 && this.nextMs <= nowMs) {
      const dueMs = this.nextMs
      const bucket = this.buckets.get(dueMs)!
      for (const [key, keyGroup] of bucket) {
        bucket.delete(key)
        look(keyGroup, key)
        if (--left === 0) break
      }
      if (bucket.size > 0) return
      this.buckets.delete(dueMs)
      this.nextMs = Math.min(...this.buckets.keys())
    }
  }
}
