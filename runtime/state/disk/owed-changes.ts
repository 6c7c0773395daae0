/** Frozen changes on their way to disk, encoded some at a time. */
import type { Key } from '../../../topology/element.ts'
import { ABSENT, type Cached, type DiskTable } from './disk-table.ts'
import type { RowBatch } from './row-batch.ts'
import type { RowKeys } from './row-key.ts'

/** A row that is in a batch, and what it holds. */
export interface OwedRow {
  readonly table: DiskTable<any>
  readonly key: Key
  readonly value: Cached<any>
}

/** A batch ends above this. */
const BATCH_BYTES = 4 * 1024 * 1024

export class OwedChanges {
  /** Those that are not written whole. */
  private tables: DiskTable<any>[]
  /** How far the last of them is encoded. */
  private position: MapIterator<[Key, Cached<any>]> | undefined

  /** Freezes the changes of tables. */
  constructor(tables: DiskTable<any>[]) {
    for (const table of tables) {
      table.owed = table.changes
      table.changes = undefined
    }
    this.tables = tables
  }

  get isWritten(): boolean {
    return this.tables.length === 0
  }

  /** Those with a value that is not written. */
  remaining(): readonly DiskTable<any>[] {
    return this.tables.filter((table) => table.owed !== undefined)
  }

  /**
   * Puts up to `limit` rows into a batch, and has `write` write it: only then they are owed no more.
   *
   * @throws {SluiceError} `STATE_ENCODE_FAILED`; what `write` throws. All is owed still then.
   */
  take(limit: number, keys: RowKeys, batch: RowBatch, write: (rows: readonly OwedRow[]) => void): void {
    const rows: OwedRow[] = []
    const { tables } = this
    let left = tables.length
    let { position } = this
    // From the start of its table, if anything fails: to write a row twice does no harm.
    this.position = undefined
    batch.clear()
    while (left > 0 && rows.length < limit && batch.sizeBytes < BATCH_BYTES) {
      const table = tables[left - 1]!
      const { owed, namespace, keyGroup, state } = table
      position ??= owed?.entries()
      const next = owed === undefined ? undefined : position!.next()
      if (next === undefined || next.done === true) {
        position = undefined
        left--
        continue
      }
      const [key, value] = next.value
      const rowKey = keys.encode(namespace.id, keyGroup, key)
      if (value !== ABSENT) state.encode(batch, rowKey, keys.spilled, key, value)
      else if (namespace.stored) batch.remove(rowKey)
      rows.push({ table, key, value })
    }
    write(rows)
    for (const table of tables.splice(left)) table.owed = undefined
    this.position = position
  }
}
