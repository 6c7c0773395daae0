/** Entries of keyed state that expire: each is kept with the moment at which its time has begun. */
import type { KeyedState, KeyedStateDescriptor, StateStore } from '../../../topology/contract/state.ts'
import type { Key } from '../../../topology/element.ts'
import type { StateTtl } from '../../../topology/state/ttl.ts'
import type { Entries } from '../state/entries.ts'
import { expiring, type Timed } from './expiring-codec.ts'
import { ExpiryBuckets } from './expiry-buckets.ts'

/** The time of a domain, milliseconds since the epoch. */
export interface TtlTime {
  /** For the record or timer at hand. @throws {TypeError} when there is none yet */
  nowMs(state: string): number
  /** What is expired by now is so for whatever may still come. */
  readonly pastMs: number
}

export class ExpiringEntries<V> implements Entries<V> {
  onExpired?: (key: Key) => void
  private readonly name: string
  private readonly state: KeyedState<Timed<V>>
  private readonly lifetimeMs: number
  private readonly isRenewedByReads: boolean
  private readonly time: TtlTime
  private readonly buckets: ExpiryBuckets

  constructor(store: StateStore, { name, codec }: KeyedStateDescriptor<V>, ttl: StateTtl, time: TtlTime) {
    this.name = name
    this.state = store.keyed({ name, codec: expiring(codec) })
    this.lifetimeMs = ttl.after
    this.isRenewedByReads = ttl.refresh === 'readAndWrite'
    this.time = time
    this.buckets = new ExpiryBuckets(store, name, ttl.after)
    for (const [keyGroup, key, { atMs }] of this.state.entries(0)) {
      this.buckets.add(atMs + ttl.after, keyGroup, key)
    }
  }

  get(namespace: number, keyGroup: number, key: Key): V | undefined {
    if (this.isRenewedByReads) return this.update(namespace, keyGroup, key)
    const kept = this.state.get(namespace, keyGroup, key)
    return kept !== undefined && this.isAlive(kept, this.time.nowMs(this.name)) ? kept.value : undefined
  }

  set(namespace: number, keyGroup: number, key: Key, value: V): void {
    const nowMs = this.time.nowMs(this.name)
    const before = this.state.get(namespace, keyGroup, key)
    // A record that comes late shortens no life.
    const atMs = before === undefined ? nowMs : Math.max(nowMs, before.atMs)
    this.state.set(namespace, keyGroup, key, { value, atMs })
    if (before === undefined) this.buckets.add(atMs + this.lifetimeMs, keyGroup, key)
  }

  update(namespace: number, keyGroup: number, key: Key): V | undefined {
    const nowMs = this.time.nowMs(this.name)
    const kept = this.state.update(namespace, keyGroup, key)
    if (kept === undefined || !this.isAlive(kept, nowMs)) return undefined
    if (nowMs > kept.atMs) kept.atMs = nowMs
    return kept.value
  }

  delete(namespace: number, keyGroup: number, key: Key): boolean {
    const kept = this.state.get(namespace, keyGroup, key)
    if (kept === undefined) return false
    this.state.delete(namespace, keyGroup, key)
    return this.isAlive(kept, this.time.nowMs(this.name))
  }

  *entries(namespace: number): Iterable<readonly [keyGroup: number, key: Key, value: V]> {
    for (const [keyGroup, key, { value }] of this.state.entries(namespace)) yield [keyGroup, key, value]
  }

  /** With those that have expired and are not removed yet. */
  get size(): number {
    return this.state.size
  }

  /** Removes up to `limit` entries that have expired. */
  sweep(limit: number): void {
    const { pastMs } = this.time
    this.buckets.take(pastMs, limit, (keyGroup, key) => {
      const kept = this.state.get(0, keyGroup, key)
      if (kept === undefined) return
      if (this.isAlive(kept, pastMs)) {
        this.buckets.add(kept.atMs + this.lifetimeMs, keyGroup, key)
        return
      }
      this.state.delete(0, keyGroup, key)
      this.onExpired?.(key)
    })
  }

  private isAlive(kept: Timed<V>, nowMs: number): boolean {
    return kept.atMs + this.lifetimeMs > nowMs
  }
}
