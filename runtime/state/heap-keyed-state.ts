/** Keyed state on the heap: namespace → key group → Map, the nesting that is 1.7 times as fast as the other one. */
import type { KeyedState, KeyedStateDescriptor, ValueCodec } from '../../topology/contract/state.ts'
import type { Key } from '../../topology/element.ts'
import { KeyTable } from './key-table.ts'

/** One namespace: a table per key group, made when first written to. */
export class Namespace<V> {
  readonly id: number
  readonly tables: (KeyTable<V> | undefined)[]
  count = 0
  /** Dropped while a snapshot holds it: its tables need not be made whole again. */
  dropped = false

  constructor(id: number, keyGroups: number) {
    this.id = id
    this.tables = new Array(keyGroups).fill(undefined)
  }
}

type Entry<V> = readonly [keyGroup: number, key: Key, value: V]

/** The entries of one table after the other. No generator: V8 does not inline those, and firing windows reads millions. */
class Entries<V> implements IterableIterator<Entry<V>> {
  private readonly tables: readonly (KeyTable<V> | undefined)[]
  private keyGroup = -1
  private inTable: Iterator<readonly [key: Key, value: V]> | undefined

  constructor(tables: readonly (KeyTable<V> | undefined)[]) {
    this.tables = tables
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<Entry<V>, undefined> {
    for (;;) {
      const next = this.inTable?.next()
      if (next !== undefined && next.done !== true) {
        return { done: false, value: [this.keyGroup, next.value[0], next.value[1]] }
      }
      if (++this.keyGroup >= this.tables.length) return { done: true, value: undefined }
      this.inTable = this.tables[this.keyGroup]?.entries()
    }
  }
}

export class HeapKeyedState<V> implements KeyedState<V> {
  readonly uid: string
  readonly name: string
  readonly codec: ValueCodec<V>
  readonly keyGroups: number
  /** What an entry took in the last snapshot; a guess before the first. */
  encodedBytesPerEntry = 32
  private readonly byId = new Map<number, Namespace<V>>()
  /** The namespace of the last access: the next one is most often in the same window. */
  private last: Namespace<V> | undefined

  constructor(uid: string, descriptor: KeyedStateDescriptor<V>, keyGroups: number) {
    this.uid = uid
    this.name = descriptor.name
    this.codec = descriptor.codec
    this.keyGroups = keyGroups
  }

  get(namespace: number, keyGroup: number, key: Key): V | undefined {
    return this.find(namespace)?.tables[keyGroup]?.get(key)
  }

  set(namespace: number, keyGroup: number, key: Key, value: V): void {
    const found = this.find(namespace) ?? this.add(namespace)
    let table = found.tables[keyGroup]
    if (table === undefined) {
      table = new KeyTable()
      found.tables[keyGroup] = table
    }
    found.count += table.set(key, value)
  }

  update(namespace: number, keyGroup: number, key: Key): V | undefined {
    return this.find(namespace)?.tables[keyGroup]?.update(key, this.codec)
  }

  delete(namespace: number, keyGroup: number, key: Key): boolean {
    const found = this.find(namespace)
    if (found?.tables[keyGroup]?.delete(key) !== true) return false
    if (--found.count === 0) this.drop(namespace)
    return true
  }

  namespaces(): number[] {
    return [...this.byId.keys()].sort((a, b) => a - b)
  }

  entries(namespace: number): IterableIterator<Entry<V>> {
    return new Entries(this.find(namespace)?.tables ?? [])
  }

  drop(namespace: number): void {
    const found = this.byId.get(namespace)
    if (found === undefined) return
    found.dropped = true
    this.byId.delete(namespace)
    this.last = undefined
  }

  get size(): number {
    let size = 0
    for (const namespace of this.byId.values()) size += namespace.count
    return size
  }

  /** Freezes every table for a snapshot and returns the namespaces as they are now. Does not look at keys. */
  freeze(): readonly Namespace<V>[] {
    const frozen = [...this.byId.values()]
    for (const namespace of frozen) {
      for (const table of namespace.tables) table?.freeze()
    }
    return frozen
  }

  private find(id: number): Namespace<V> | undefined {
    if (this.last !== undefined && this.last.id === id) return this.last
    const found = this.byId.get(id)
    if (found !== undefined) this.last = found
    return found
  }

  private add(id: number): Namespace<V> {
    const added = new Namespace<V>(id, this.keyGroups)
    this.byId.set(id, added)
    this.last = added
    return added
  }
}
