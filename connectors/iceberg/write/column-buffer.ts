/**
 * One column of an open data file: rows are copied into typed arrays in Arrow's layout, by hand, since Arrow's builders
 * are seven times slower. The buffers are transferred to the Parquet worker when the file is cut.
 */

import type { EncodedColumn } from '../../../topology/encoded-column.ts'

/** The buffers of a column, in Arrow's layout; every buffer is its own and so can be transferred. */
export interface ColumnData {
  readonly length: number
  readonly nullCount: number
  /** One bit per row, least significant first: 1 where there is a value. Absent when nothing is null. */
  readonly validity: Uint8Array | undefined
  readonly values: ArrayBufferView | undefined
  /** Where each row begins, for strings, binary, lists and maps. */
  readonly offsets: Int32Array | undefined
  readonly children: readonly ColumnData[]
}

export abstract class ColumnBuffer {
  readonly name: string
  length = 0
  nullCount = 0
  protected capacity = 0
  /** How many rows the last file had: the next one is likely to have as many, and growing copies. */
  private expectedRows = 1024
  private validity: Uint8Array | undefined

  constructor(name: string) {
    this.name = name
  }

  /** Appends `count` of the values: those at `rows`, or the first ones without it. Null and undefined are null. */
  append(values: ArrayLike<unknown>, rows: Uint32Array | undefined, count: number): void {
    this.makeRoom(count)
    this.fill(values, rows, count)
    this.length += count
  }

  /** Appends all of a column that is typed arrays already. @returns false, and nothing is done, where it has another form */
  appendEncoded(column: EncodedColumn, count: number): boolean {
    this.makeRoom(count)
    if (!this.copy(column, count)) return false
    const { valid } = column
    if (valid !== undefined) {
      for (let i = 0; i < count; i++) if (valid[i] === 0) this.setNull(this.length + i)
    }
    this.length += count
    return true
  }

  private makeRoom(count: number): void {
    const needed = this.length + count
    if (needed <= this.capacity) return
    this.capacity = Math.max(needed, this.capacity * 2, this.expectedRows)
    this.grow(this.capacity)
    if (this.validity !== undefined) this.validity = grownBytes(this.validity, this.capacity)
  }

  /** Bytes held for the rows so far. */
  abstract get sizeBytes(): number

  /** Hands the buffers over and begins anew. */
  take(): ColumnData {
    const data: ColumnData = {
      length: this.length,
      nullCount: this.nullCount,
      validity: this.validity,
      ...this.detach(),
    }
    this.expectedRows = Math.max(this.length, 1024)
    this.length = 0
    this.nullCount = 0
    this.capacity = 0
    this.validity = undefined
    return data
  }

  protected abstract grow(capacity: number): void
  protected abstract fill(values: ArrayLike<unknown>, rows: Uint32Array | undefined, count: number): void
  /** Copies the values of a column whose form is this one's own. */
  protected copy(_column: EncodedColumn, _count: number): boolean {
    return false
  }

  protected abstract detach(): Pick<ColumnData, 'values' | 'offsets' | 'children'>

  /** Rows are valid until one is null: only then is there a bitmap. */
  protected setNull(row: number): void {
    this.validity ??= new Uint8Array((this.capacity + 7) >>> 3).fill(0xff)
    this.validity[row >>> 3]! &= ~(1 << (row & 7))
    this.nullCount++
  }

  protected refuse(value: unknown, expected: string): never {
    throw new TypeError(`column '${this.name}' takes ${expected}, not ${describe(value)}`)
  }
}

/** A copy of `bytes` with room for `capacity` bits, valid beyond what it held. */
function grownBytes(bytes: Uint8Array, capacity: number): Uint8Array {
  const grown = new Uint8Array((capacity + 7) >>> 3).fill(0xff)
  grown.set(bytes)
  return grown
}

/** What arrived, short enough for a message. */
function describe(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return `${typeof value} ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`
}
