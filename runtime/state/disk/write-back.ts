/**
 * Between the states of a backend and their rows on disk: a cache that is written back. Changes collect on the heap; when
 * there are many, or a snapshot is cut, they are frozen and written some at a time, while new ones collect beside them.
 */
import type { Key } from '../../../topology/element.ts'
import { CleanCache } from './clean-cache.ts'
import { ABSENT, type Cached, type DiskNamespace, type DiskTable } from './disk-table.ts'
import { OwedChanges } from './owed-changes.ts'
import { RowBatch } from './row-batch.ts'
import { groupStart, namespaceStart, RowKeys } from './row-key.ts'
import type { Row, RowView, ScratchStore } from './scratch-store.ts'

export interface WriteBackOptions {
  /** Called when the first row is to be written. */
  readonly openStore: () => ScratchStore
  /** About how much heap cached values may take. */
  readonly cacheBytes: number
  /** After so many new changes there is a step of what is to be written and removed. */
  readonly stepChanges: number
}

/** Rows a step writes for each change: more than come in meanwhile, so that a freeze finds the one before it written. */
const ROWS_PER_CHANGE = 4
const REMOVALS_PER_CHANGE = 2

export class WriteBack {
  private readonly openStore: () => ScratchStore
  private readonly changesBytes: number
  private readonly stepChanges: number
  private readonly clean: CleanCache
  private readonly keys = new RowKeys()
  private readonly batch = new RowBatch()
  private store: ScratchStore | undefined
  private changed: DiskTable<any>[] = []
  private changedBytes = 0
  private sinceStep = 0
  private lent = false
  private owed = new OwedChanges([])
  private onCutWritten: ((view: RowView | undefined) => void) | undefined
  /** Dropped, with rows that are still to be removed. */
  private readonly garbage: DiskNamespace<any>[] = []

  constructor({ openStore, cacheBytes, stepChanges }: WriteBackOptions) {
    this.openStore = openStore
    this.stepChanges = stepChanges
    // A quarter each for changes, what is owed, and the two generations of what is clean.
    this.changesBytes = cacheBytes / 4
    this.clean = new CleanCache(cacheBytes / 4)
  }

  /** Sets a value, or ABSENT. @throws {SluiceError} `STATE_ENCODE_FAILED`, `STATE_DISK_FAILED` of changes before it */
  change<V>(table: DiskTable<V>, key: Key, value: Cached<V>): void {
    if (this.sinceStep >= this.stepChanges && !this.lent) this.step()
    this.put(table, key, value)
  }

  /**
   * A value is handed out to be changed in place, which goes on until the operator returns: if it was frozen and written
   * before, that would be missed. Microtasks run only then.
   */
  lend(): void {
    if (this.lent) return
    this.lent = true
    queueMicrotask(() => {
      this.lent = false
    })
  }

  /** What the disk has of a key of which nothing is on the heap; it is there then. */
  read<V>(table: DiskTable<V>, key: Key): Cached<V> {
    const bytes = this.find(table, key)
    const value = bytes === undefined ? ABSENT : table.state.decode(bytes, this.keys.spilled !== undefined)
    this.clean.remember(table, key, value)
    return value
  }

  isOnDisk(table: DiskTable<any>, key: Key): boolean {
    return this.find(table, key) !== undefined
  }

  /** Keeps what was used and is as on disk. */
  remember<V>(table: DiskTable<V>, key: Key, value: Cached<V>): void {
    this.clean.remember(table, key, value)
  }

  /** What is on the heap goes at once, the rows in steps. */
  drop(namespace: DiskNamespace<any>): void {
    namespace.dropped = true
    // A snapshot that has been cut has it still.
    const isCut = this.onCutWritten !== undefined
    for (const table of namespace.tables.values()) {
      this.changedBytes -= (table.changes?.size ?? 0) * table.state.heapBytesPerEntry
      table.changes = undefined
      table.recent = undefined
      table.older = undefined
      if (!isCut) table.owed = undefined
    }
    if (namespace.stored || isCut) this.garbage.push(namespace)
  }

  /** The rows of a table, as they are on disk. */
  rows({ namespace, keyGroup }: DiskTable<any>): Iterable<Row> {
    const { id, stored } = namespace
    return stored ? this.store!.rows(groupStart(id, keyGroup), groupStart(id, keyGroup + 1)) : []
  }

  /** The state of this moment is to be written; `onWritten` is called with a view of its rows once all are. */
  cut(onWritten: (view: RowView | undefined) => void): void {
    this.takeBack()
    this.freeze()
    this.onCutWritten = onWritten
    this.afterWrite()
  }

  /** Nobody waits for the cut any more. */
  abandonCut(): void {
    this.onCutWritten = undefined
  }

  /** Writes up to `limit` rows of what is owed. @throws {SluiceError} `STATE_ENCODE_FAILED`, `STATE_DISK_FAILED` */
  write(limit: number): void {
    this.owed.take(limit, this.keys, this.batch, (rows) => {
      if (rows.length === 0) return
      this.store ??= this.openStore()
      this.store.write(this.batch)
      for (const { table, key, value } of rows) {
        table.namespace.stored = true
        if (!table.namespace.dropped) this.clean.remember(table, key, value)
      }
    })
    this.afterWrite()
  }

  async close(): Promise<void> {
    this.abandonCut()
    const { store } = this
    this.store = undefined
    store?.close()
  }

  private put<V>(table: DiskTable<V>, key: Key, value: Cached<V>): void {
    if (table.changes === undefined) {
      table.changes = new Map()
      this.changed.push(table)
    }
    const before = table.changes.size
    table.changes.set(key, value)
    if (table.changes.size === before) return
    this.sinceStep++
    this.changedBytes += table.state.heapBytesPerEntry
  }

  private find(table: DiskTable<any>, key: Key): Uint8Array | undefined {
    const { namespace, keyGroup } = table
    return namespace.stored ? this.store!.get(this.keys.encode(namespace.id, keyGroup, key)) : undefined
  }

  private step(): void {
    this.sinceStep = 0
    const rows = ROWS_PER_CHANGE * this.stepChanges
    if (this.changedBytes >= this.changesBytes) {
      while (!this.owed.isWritten) this.write(rows)
      this.freeze()
    }
    if (this.owed.isWritten) this.sweep()
    else this.write(rows)
  }

  private freeze(): void {
    this.owed = new OwedChanges(this.changed)
    this.changed = []
    this.changedBytes = 0
  }

  /** What is owed still is a change again, under those that came since: so that a cut finds all of them in one place. */
  private takeBack(): void {
    for (const table of this.owed.remaining()) {
      const { changes, state } = table
      const owed = table.owed!
      table.owed = undefined
      if (table.namespace.dropped) continue
      // Whoever lists entries from both goes on with what both were: they find nothing new in the one that lies on top.
      for (const [key, value] of changes ?? []) owed.set(key, value)
      table.changes = owed
      if (changes === undefined) this.changed.push(table)
      this.changedBytes += (owed.size - (changes?.size ?? 0)) * state.heapBytesPerEntry
    }
  }

  private afterWrite(): void {
    if (!this.owed.isWritten || this.onCutWritten === undefined) return
    const { onCutWritten } = this
    this.onCutWritten = undefined
    onCutWritten(this.store?.view())
  }

  /** Removes some rows of what was dropped. Nothing is owed, so that none of them is yet to be written. */
  private sweep(): void {
    const { garbage, batch, store } = this
    const removals = REMOVALS_PER_CHANGE * this.stepChanges
    batch.clear()
    while (garbage.length > 0 && batch.length < removals) {
      const { id, stored } = garbage.at(-1)!
      const limit = removals - batch.length
      const before = batch.length
      if (stored) removeRows(batch, store!.rows(namespaceStart(id), namespaceStart(id + 1)), limit)
      if (batch.length - before < limit) garbage.pop()
    }
    if (batch.length > 0) store!.write(batch)
  }
}

/** Up to `limit` of them. */
function removeRows(batch: RowBatch, rows: Iterable<Row>, limit: number): void {
  let left = limit
  for (const [key] of rows) {
    batch.remove(key)
    if (--left === 0) return
  }
}
