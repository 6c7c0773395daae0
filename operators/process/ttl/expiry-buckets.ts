/**
 * Which keys are to be looked at when, so that what has expired is found without looking at the rest: in buckets that are a
 * sixteenth of the lifetime apart. A key whose entry is renewed, or removed and written again, is in no more than seventeen
 * of them.
 *
 * The buckets are namespaces of a state of their own, which lies where all state lies, and which no checkpoint holds.
 */
import { boolean } from '../../../topology/codec/index.ts'
import type { KeyedState, StateStore } from '../../../topology/contract/state.ts'
import type { Key } from '../../../topology/element.ts'

const BUCKETS_PER_LIFETIME = 16

export class ExpiryBuckets {
  private readonly widthMs: number
  private readonly keys: KeyedState<boolean>
  /** No bucket is due before. */
  private nextMs = Number.POSITIVE_INFINITY
  /** What is left of the bucket that is being taken: nothing is added to it any more. */
  private rest: Iterator<readonly [keyGroup: number, key: Key, value: boolean]> | undefined
  private begunMs = Number.NEGATIVE_INFINITY

  /** @param state whose keys they are */
  constructor(store: StateStore, state: string, lifetimeMs: number) {
    this.widthMs = Math.ceil(lifetimeMs / BUCKETS_PER_LIFETIME)
    this.keys = store.keyed({ name: `${state}/expiry`, codec: boolean, derived: true })
  }

  /** To be looked at when `expiryMs` has passed. */
  add(expiryMs: number, keyGroup: number, key: Key): void {
    const dueMs = Math.max(Math.ceil(expiryMs / this.widthMs) * this.widthMs, this.begunMs + this.widthMs)
    this.keys.set(dueMs, keyGroup, key, true)
    // While one is taken, it is the next.
    if (dueMs < this.nextMs) this.nextMs = dueMs
  }

  /** Takes out up to `limit` keys that are due at `nowMs`. `look` may add keys. */
  take(nowMs: number, limit: number, look: (keyGroup: number, key: Key) => void): void {
    let left = limit
    while (left > 0 && this.nextMs <= nowMs) {
      this.begunMs = this.nextMs
      this.rest ??= this.keys.entries(this.nextMs)[Symbol.iterator]()
      const next = this.rest.next()
      if (next.done === true) {
        this.rest = undefined
        this.keys.drop(this.nextMs)
        this.nextMs = this.keys.namespaces()[0] ?? Number.POSITIVE_INFINITY
        continue
      }
      const [keyGroup, key] = next.value
      left--
      look(keyGroup, key)
    }
  }
}
