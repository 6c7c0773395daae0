/** Keyed state on disk: what is used is on the heap, the rest one look-up away. */
import { BufferReader } from '../../../topology/codec/buffer-reader.ts'
import type { KeyedStateDescriptor, ValueCodec } from '../../../topology/contract/state.ts'
import type { Key } from '../../../topology/element.ts'
import { encodeFailed } from '../chunk-form.ts'
import type { NamedState } from '../keyed-backend.ts'
import { ABSENT, type Cached, DiskNamespace, DiskTable } from './disk-table.ts'
import type { RowBatch } from './row-batch.ts'
import { isSpilled, PREFIX_BYTES } from './row-key.ts'
import type { WriteBack } from './write-back.ts'

/** Map entry, key and value of a small one. */
const ENTRY_HEAP_BYTES = 160
/** Over how many values the mean of their size goes, roughly. */
const MEAN_VALUES = 64

export class DiskKeyedState<V> implements NamedState<V> {
  readonly uid: string
  readonly name: string
  readonly codec: ValueCodec<V>
  readonly keyGroups: number
  /** What an entry took in the last snapshot; a guess before the first. */
  encodedBytesPerEntry = 32
  private readonly writeBack: WriteBack
  private readonly nextNamespaceId: () => number
  private readonly byNumber = new Map<number, DiskNamespace<V>>()
  private meanValueBytes = 16

  constructor(
    uid: string,
    descriptor: KeyedStateDescriptor<V>,
    keyGroups: number,
    writeBack: WriteBack,
    nextNamespaceId: () => number,
  ) {
    this.uid = uid
    this.name = descriptor.name
    this.codec = descriptor.codec
    this.keyGroups = keyGroups
    this.writeBack = writeBack
    this.nextNamespaceId = nextNamespaceId
  }

  get(namespace: number, keyGroup: number, key: Key): V | undefined {
    const table = this.byNumber.get(namespace)?.tables.get(keyGroup)
    return table === undefined ? undefined : present(this.look(table, key))
  }

  set(namespace: number, keyGroup: number, key: Key, value: V): void {
    const table = this.table(namespace, keyGroup)
    if (!this.exists(table, key)) table.namespace.count++
    this.writeBack.change(table, key, value)
  }

  update(namespace: number, keyGroup: number, key: Key): V | undefined {
    const table = this.byNumber.get(namespace)?.tables.get(keyGroup)
    if (table === undefined) return undefined
    const changed = table.changes?.get(key)
    if (changed !== undefined) {
      this.writeBack.lend()
      return present(changed)
    }
    const owed = table.owed?.get(key)
    const found = owed ?? this.look(table, key)
    if (found === ABSENT) return undefined
    const value = owed === undefined ? found : this.codec.copy(found)
    this.writeBack.change(table, key, value)
    this.writeBack.lend()
    return value
  }

  delete(namespace: number, keyGroup: number, key: Key): boolean {
    const found = this.byNumber.get(namespace)
    const table = found?.tables.get(keyGroup)
    if (found === undefined || table === undefined || !this.exists(table, key)) return false
    if (--found.count === 0) this.drop(namespace)
    else this.writeBack.change(table, key, ABSENT)
    return true
  }

  namespaces(): number[] {
    return [...this.byNumber.keys()].sort((a, b) => a - b)
  }

  *entries(namespace: number): Generator<readonly [keyGroup: number, key: Key, value: V]> {
    const found = this.byNumber.get(namespace)
    if (found === undefined) return
    // What is changed or owed now stands before the rows, although it may be among them by the time they are read.
    const tables = [...found.tables.values()]
      .sort((a, b) => a.keyGroup - b.keyGroup)
      .map((table) => ({ table, changes: table.changes, owed: table.owed }))
    for (const { table, changes, owed } of tables) {
      const { keyGroup } = table
      for (const [key, value] of changes ?? []) if (value !== ABSENT) yield [keyGroup, key, value]
      for (const [key, value] of owed ?? []) {
        if (value !== ABSENT && changes?.has(key) !== true) yield [keyGroup, key, value]
      }
      for (const [rowKey, bytes] of this.writeBack.rows(table)) {
        const key = keyOf(rowKey, bytes)
        if (changes?.has(key) === true || owed?.has(key) === true) continue
        yield [keyGroup, key, this.decode(bytes, isSpilled(rowKey))]
      }
    }
  }

  drop(namespace: number): void {
    const found = this.byNumber.get(namespace)
    if (found === undefined) return
    this.byNumber.delete(namespace)
    this.writeBack.drop(found)
  }

  get size(): number {
    let size = 0
    for (const namespace of this.byNumber.values()) size += namespace.count
    return size
  }

  /** Sets a value of a key that has none. */
  restore(namespace: number, keyGroup: number, key: Key, value: V): void {
    const table = this.table(namespace, keyGroup)
    table.namespace.count++
    this.writeBack.change(table, key, value)
  }

  /** The namespaces as they are now, by their numbers. */
  current(): readonly (readonly [number: number, namespace: DiskNamespace<V>])[] {
    return [...this.byNumber]
  }

  /** About what an entry takes on the heap. */
  get heapBytesPerEntry(): number {
    return ENTRY_HEAP_BYTES + 2 * this.meanValueBytes
  }

  /** @throws {SluiceError} `STATE_ENCODE_FAILED` */
  encode(batch: RowBatch, rowKey: Uint8Array, spilled: Uint8Array | undefined, key: Key, value: V): void {
    try {
      const valueBytes = batch.put(rowKey, spilled, this.codec, value)
      this.meanValueBytes += (valueBytes - this.meanValueBytes) / MEAN_VALUES
    } catch (error) {
      throw encodeFailed(this, key, error)
    }
  }

  decode(bytes: Uint8Array, spilled: boolean): V {
    const reader = new BufferReader(bytes)
    if (spilled) reader.key()
    return this.codec.read(reader)
  }

  private look(table: DiskTable<V>, key: Key): Cached<V> {
    const value = table.changes?.get(key) ?? table.owed?.get(key) ?? table.recent?.get(key)
    if (value !== undefined) return value
    const older = table.older?.get(key)
    if (older === undefined) return this.writeBack.read(table, key)
    this.writeBack.remember(table, key, older)
    return older
  }

  /** A value that is only asked after need not be read. */
  private exists(table: DiskTable<V>, key: Key): boolean {
    const value = table.changes?.get(key) ?? table.owed?.get(key) ?? table.recent?.get(key) ?? table.older?.get(key)
    return value === undefined ? this.writeBack.isOnDisk(table, key) : value !== ABSENT
  }

  private table(number: number, keyGroup: number): DiskTable<V> {
    let namespace = this.byNumber.get(number)
    if (namespace === undefined) {
      namespace = new DiskNamespace(this.nextNamespaceId())
      this.byNumber.set(number, namespace)
    }
    let table = namespace.tables.get(keyGroup)
    if (table === undefined) {
      table = new DiskTable(this, namespace, keyGroup)
      namespace.tables.set(keyGroup, table)
    }
    return table
  }
}

function present<V>(value: Cached<V>): V | undefined {
  return value === ABSENT ? undefined : value
}

function keyOf(rowKey: Uint8Array, value: Uint8Array): Key {
  const reader = new BufferReader(isSpilled(rowKey) ? value : rowKey.subarray(PREFIX_BYTES))
  return reader.key()
}
