/** Columns of strings and byte strings: one growing buffer, and where each row begins in it. */
import { Buffer } from 'node:buffer'
import type { EncodedColumn } from '../../../topology/encoded-column.ts'
import { ColumnBuffer } from './column-buffer.ts'

abstract class VariableWidthColumn extends ColumnBuffer {
  protected offsets = new Int32Array(1)
  protected bytes = Buffer.alloc(0)
  protected used = 0
  private expectedBytes = 4096

  get sizeBytes(): number {
    return this.used + this.length * 4
  }

  protected grow(capacity: number): void {
    const grown = new Int32Array(capacity + 1)
    grown.set(this.offsets)
    this.offsets = grown
  }

  /** Makes room for `count` more bytes. */
  protected reserve(count: number): void {
    const needed = this.used + count
    if (needed <= this.bytes.length) return
    // Not from Buffer's pool: the memory is transferred.
    const grown = Buffer.from(new ArrayBuffer(Math.max(needed, this.bytes.length * 2, this.expectedBytes)))
    grown.set(this.bytes.subarray(0, this.used))
    this.bytes = grown
  }

  protected detach() {
    const values = new Uint8Array(this.bytes.buffer, this.bytes.byteOffset, this.used)
    const offsets = this.offsets
    // With room for the last batch to be encoded at three bytes a character.
    this.expectedBytes = Math.max(Math.ceil(this.used * 1.05), 4096)
    this.offsets = new Int32Array(1)
    this.bytes = Buffer.alloc(0)
    this.used = 0
    return { values, offsets, children: [] }
  }
}

/** Strings as UTF-8. A lone surrogate becomes U+FFFD, since UTF-8 has no form for it. */
export class StringColumn extends VariableWidthColumn {
  /**
   * Concatenates the batch and encodes it at once: one call into the engine instead of one per row. When as many bytes
   * as UTF-16 units come out, all is ASCII and the lengths are known; else each string is encoded on its own.
   */
  protected fill(values: ArrayLike<unknown>, rows: Uint32Array | undefined, count: number): void {
    const { offsets, length: start } = this
    let joined = ''
    let end = this.used
    for (let i = 0; i < count; i++) {
      const value = values[rows === undefined ? i : rows[i]!]
      if (typeof value === 'string') {
        joined += value
        end += value.length
      } else if (value === null || value === undefined) this.setNull(start + i)
      else this.refuse(value, 'a string')
      offsets[start + i + 1] = end
    }
    this.reserve(joined.length * 3)
    const written = this.bytes.write(joined, this.used, 'utf8')
    if (written === joined.length) this.used = end
    else this.encodeEach(values, rows, count)
  }

  protected override copy(column: EncodedColumn, count: number): boolean {
    if (column.kind !== 'utf8') return false
    this.reserve(column.used)
    this.bytes.set(column.data.subarray(0, column.used), this.used)
    const { offsets, length: start, used } = this
    for (let i = 1; i <= count; i++) offsets[start + i] = used + column.offsets[i]!
    this.used += column.used
    return true
  }

  private encodeEach(values: ArrayLike<unknown>, rows: Uint32Array | undefined, count: number): void {
    for (let i = 0; i < count; i++) {
      const value = values[rows === undefined ? i : rows[i]!]
      if (typeof value === 'string') this.used += this.bytes.write(value, this.used, 'utf8')
      this.offsets[this.length + i + 1] = this.used
    }
  }
}

/** Byte strings as they are. */
export class BinaryColumn extends VariableWidthColumn {
  protected fill(values: ArrayLike<unknown>, rows: Uint32Array | undefined, count: number): void {
    const { offsets, length: start } = this
    let added = 0
    for (let i = 0; i < count; i++) {
      const value = values[rows === undefined ? i : rows[i]!]
      if (value instanceof Uint8Array) added += value.length
      else if (value !== null && value !== undefined) this.refuse(value, 'bytes')
    }
    this.reserve(added)
    for (let i = 0; i < count; i++) {
      const value = values[rows === undefined ? i : rows[i]!] as Uint8Array | null | undefined
      if (value === null || value === undefined) this.setNull(start + i)
      else {
        this.bytes.set(value, this.used)
        this.used += value.length
      }
      offsets[start + i + 1] = this.used
    }
  }
}
