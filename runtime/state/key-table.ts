/**
 * The values of one namespace in one key group: a map that can be frozen for a snapshot while changes go on beside it.
 *
 * ```text
 * live     get, set → base
 * frozen   base is what the snapshot encodes and does not change; set → changes; get → changes, then base
 * thawing  changes move into base, some at a time; set → base; get → changes, then base
 * ```
 *
 * A frozen value is never copied for the snapshot's sake unless an operator asks to change it in place: the overlay
 * costs a look-up in a small map, where preserving old values would cost a copy and a second write to a large one.
 */
import type { ValueCodec } from '../../topology/contract/state.ts'
import type { Key } from '../../topology/element.ts'

/** Stands among the changes for a key that was deleted. */
const DELETED = Symbol('deleted')

type Phase = 0 | 1 | 2
const LIVE = 0
const FROZEN = 1
const THAWING = 2

export class KeyTable<V> {
  private readonly base = new Map<Key, V>()
  private changes: Map<Key, V | typeof DELETED> | undefined
  private thawed: MapIterator<[Key, V | typeof DELETED]> | undefined
  private phase: Phase = LIVE

  get(key: Key): V | undefined {
    if (this.changes !== undefined) {
      const change = this.changes.get(key)
      if (change !== undefined) return change === DELETED ? undefined : (change as V)
    }
    return this.base.get(key)
  }

  /** Returns by how much the number of values grew: 1 or 0. */
  set(key: Key, value: V): number {
    if (this.phase !== LIVE) return this.setBeside(key, value)
    const before = this.base.size
    this.base.set(key, value)
    return this.base.size - before
  }

  /** The value, free to be changed in place. */
  update(key: Key, codec: ValueCodec<V>): V | undefined {
    if (this.phase !== FROZEN) return this.get(key)
    const change = this.changes?.get(key)
    if (change !== undefined) return change === DELETED ? undefined : (change as V)
    const value = this.base.get(key)
    if (value === undefined) return undefined
    const copy = codec.copy(value)
    this.overlay().set(key, copy)
    return copy
  }

  /** Whether there was a value. */
  delete(key: Key): boolean {
    if (this.phase === LIVE) return this.base.delete(key)
    const existed = this.get(key) !== undefined
    if (this.phase === THAWING) {
      this.changes!.delete(key)
      this.base.delete(key)
    } else if (existed) {
      this.overlay().set(key, DELETED)
    }
    return existed
  }

  /** Every key and its value. The table must not change meanwhile. */
  entries(): Iterator<readonly [key: Key, value: V]> {
    return this.changes === undefined ? this.base.entries() : this.changedEntries(this.changes)
  }

  private *changedEntries(changes: ReadonlyMap<Key, V | typeof DELETED>): Generator<readonly [key: Key, value: V]> {
    const { base } = this
    for (const [key, value] of base) {
      const change = changes.get(key)
      if (change === undefined) yield [key, value]
      else if (change !== DELETED) yield [key, change as V]
    }
    for (const [key, change] of changes) {
      if (change !== DELETED && !base.has(key)) yield [key, change as V]
    }
  }

  /** Holds the values of this moment for a snapshot; whether there are any. The table must be live. */
  freeze(): boolean {
    if (this.base.size === 0) return false
    this.phase = FROZEN
    return true
  }

  /** Whether a snapshot still needs it as it is. */
  get isFrozen(): boolean {
    return this.phase === FROZEN
  }

  /** The values of the moment it was frozen. */
  get frozen(): ReadonlyMap<Key, V> {
    return this.base
  }

  /** The snapshot is done with it: moves up to `limit` changes into the base. Returns whether all are there. */
  thaw(limit: number): boolean {
    if (this.changes !== undefined) {
      this.phase = THAWING
      this.thawed ??= this.changes.entries()
      let left = limit
      for (const [key, change] of this.thawed) {
        if (change === DELETED) this.base.delete(key)
        else this.base.set(key, change as V)
        if (--left === 0) return false
      }
      this.changes = undefined
      this.thawed = undefined
    }
    this.phase = LIVE
    return true
  }

  private setBeside(key: Key, value: V): number {
    const change = this.changes?.get(key)
    const existed = change === undefined ? this.base.has(key) : change !== DELETED
    if (this.phase === FROZEN) {
      this.overlay().set(key, value)
    } else {
      this.changes!.delete(key)
      this.base.set(key, value)
    }
    return existed ? 0 : 1
  }

  private overlay(): Map<Key, V | typeof DELETED> {
    this.changes ??= new Map()
    return this.changes
  }
}
