/**
 * Map state as a process function sees it: the map of the current key.
 *
 * Each entry is one of keyed state, under the composite of both keys and in the key group of the first: so a snapshot
 * copies and encodes entry by entry, however large a map is. Which entries belong to a key is known beside them, from the
 * first time on that anybody asks (`keys`, `entries`, `size`, `clear`): that time looks at the entries of all keys.
 */
import type { Key } from '../../../topology/element.ts'
import { compositeKey, keyValues } from '../../../topology/key.ts'
import type { Immutable } from '../../../topology/state/immutable.ts'
import type { MapState, MapStateDescriptor } from '../../../topology/state/map-state.ts'
import type { KeyScope } from '../key-scope.ts'
import { accepted } from './accepted.ts'
import type { Entries } from './entries.ts'

export class MapAccess<K, V> implements MapState<K, V> {
  private readonly scope: KeyScope
  private readonly descriptor: MapStateDescriptor<K, V>
  private readonly values: Entries<V>
  /** By key: the keys of its map. */
  private index: Map<Key, Set<K & Key>> | undefined

  constructor(scope: KeyScope, descriptor: MapStateDescriptor<K, V>, values: Entries<V>) {
    this.scope = scope
    this.descriptor = descriptor
    this.values = values
    // What has expired and is still there, `keysOfCurrent` leaves out itself.
    if (descriptor.ttl !== undefined)
      values.onExpired = (composite) => this.forget(...(keyValues(composite, 2) as [Key, Key]))
  }

  get(key: K): Immutable<V> | undefined {
    const { keyGroup, key: outer } = this.current()
    return this.read(keyGroup, outer, this.acceptedKey(key))
  }

  set(key: K, value: Immutable<V>): void {
    const { keyGroup, key: outer } = this.current()
    const { name, codec } = this.descriptor
    const inner = this.acceptedKey(key)
    this.values.set(0, keyGroup, compositeKey([outer, inner]), accepted(name, codec.accept, value))
    if (this.index !== undefined) addTo(this.index, outer, inner)
  }

  has(key: K): boolean {
    return this.get(key) !== undefined
  }

  delete(key: K): boolean {
    const { keyGroup, key: outer } = this.current()
    const inner = this.acceptedKey(key)
    this.forget(outer, inner)
    return this.values.delete(0, keyGroup, compositeKey([outer, inner]))
  }

  keys(): IterableIterator<K> {
    return this.keysOfCurrent().values()
  }

  *entries(): IterableIterator<[key: K, value: Immutable<V>]> {
    const { keyGroup, key: outer } = this.current()
    for (const inner of this.keysOfCurrent()) yield [inner, this.read(keyGroup, outer, inner)!]
  }

  get size(): number {
    return this.keysOfCurrent().size
  }

  clear(): void {
    // Also what has expired for this record, and might not have for one of an earlier time.
    for (const key of this.keysKept()) this.delete(key)
  }

  private current(): KeyScope {
    this.scope.check(`state ${this.descriptor.name} is used`)
    return this.scope
  }

  private read(keyGroup: number, outer: Key, inner: Key): Immutable<V> | undefined {
    return this.values.get(0, keyGroup, compositeKey([outer, inner])) as Immutable<V> | undefined
  }

  private acceptedKey(key: K): K & Key {
    return accepted(this.descriptor.name, this.descriptor.acceptKey, key)
  }

  private keysOfCurrent(): Set<K & Key> {
    const keys = this.keysKept()
    if (this.descriptor.ttl === undefined) return keys
    const { keyGroup, key } = this.scope
    return new Set([...keys].filter((inner) => this.read(keyGroup, key, inner) !== undefined))
  }

  private keysKept(): Set<K & Key> {
    const { key } = this.current()
    this.index ??= indexOf(this.values)
    return this.index.get(key) ?? new Set()
  }

  private forget(outer: Key, inner: Key): void {
    const keys = this.index?.get(outer)
    keys?.delete(inner as K & Key)
    if (keys?.size === 0) this.index!.delete(outer)
  }
}

function indexOf<K>(values: Entries<unknown>): Map<Key, Set<K & Key>> {
  const index = new Map<Key, Set<K & Key>>()
  for (const [, composite] of values.entries(0)) {
    const [outer, inner] = keyValues(composite, 2)
    addTo(index, outer!, inner as K & Key)
  }
  return index
}

function addTo<K>(index: Map<Key, Set<K & Key>>, outer: Key, inner: K & Key): void {
  const keys = index.get(outer)
  if (keys === undefined) index.set(outer, new Set([inner]))
  else keys.add(inner)
}
