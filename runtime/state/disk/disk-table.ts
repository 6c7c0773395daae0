/**
 * A namespace whose rows are on disk, and of each of its key groups what is on the heap.
 *
 * ```text
 * changes    set since the last freeze: what the operator works on
 * owed       frozen, on its way to disk, some at a time; values in here are not changed in place any more
 * recent     as on disk, used since the last rotation
 * older      as on disk, used before it; the next rotation lets go of them
 * ```
 *
 * A key is looked for in this order, and then on disk. ABSENT stands for a value that is known not to be there.
 */
import type { Key } from '../../../topology/element.ts'
import type { DiskKeyedState } from './disk-keyed-state.ts'

export const ABSENT = Symbol('absent')
export type Cached<V> = V | typeof ABSENT
export type CachedValues<V> = Map<Key, Cached<V>>

export class DiskTable<V> {
  readonly state: DiskKeyedState<V>
  readonly namespace: DiskNamespace<V>
  readonly keyGroup: number
  changes: CachedValues<V> | undefined
  owed: CachedValues<V> | undefined
  recent: CachedValues<V> | undefined
  older: CachedValues<V> | undefined

  constructor(state: DiskKeyedState<V>, namespace: DiskNamespace<V>, keyGroup: number) {
    this.state = state
    this.namespace = namespace
    this.keyGroup = keyGroup
  }
}

export class DiskNamespace<V> {
  /** What its rows begin with: never another's, so that a namespace which is dropped and begun again finds none. */
  readonly id: number
  readonly tables = new Map<number, DiskTable<V>>()
  count = 0
  /** Whether any row was ever written for it. */
  stored = false
  dropped = false

  constructor(id: number) {
    this.id = id
  }
}
