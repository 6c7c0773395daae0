/** Rows on their way into a scratch store: encoded all, so that no transaction is open while a codec may throw. */
import { BufferWriter } from '../../../topology/codec/buffer-writer.ts'
import type { ValueCodec } from '../../../topology/contract/state.ts'

export class RowBatch {
  private readonly keys = new BufferWriter(64 * 1024)
  private readonly values = new BufferWriter(64 * 1024)
  private keyEnds: number[] = []
  /** −1: the row is removed. */
  private valueEnds: number[] = []

  get length(): number {
    return this.keyEnds.length
  }

  get sizeBytes(): number {
    return this.keys.length + this.values.length
  }

  /** @returns how many bytes the value takes. */
  put<V>(rowKey: Uint8Array, spilled: Uint8Array | undefined, codec: ValueCodec<V>, value: V): number {
    const before = this.values.length
    if (spilled !== undefined) this.values.append(spilled)
    codec.write(this.values, value)
    this.keys.append(rowKey)
    this.keyEnds.push(this.keys.length)
    this.valueEnds.push(this.values.length)
    return this.values.length - before
  }

  remove(rowKey: Uint8Array): void {
    this.keys.append(rowKey)
    this.keyEnds.push(this.keys.length)
    this.valueEnds.push(-1)
  }

  /** In the order they came in. A value is undefined where a row is removed. */
  forEach(row: (key: Uint8Array, value: Uint8Array | undefined) => void): void {
    const keys = this.keys.written()
    const values = this.values.written()
    let keyStart = 0
    let valueStart = 0
    for (let index = 0; index < this.keyEnds.length; index++) {
      const keyEnd = this.keyEnds[index]!
      const valueEnd = this.valueEnds[index]!
      const key = keys.subarray(keyStart, keyEnd)
      keyStart = keyEnd
      if (valueEnd < 0) {
        row(key, undefined)
      } else {
        row(key, values.subarray(valueStart, valueEnd))
        valueStart = valueEnd
      }
    }
  }

  clear(): void {
    this.keys.clear()
    this.values.clear()
    this.keyEnds = []
    this.valueEnds = []
  }
}
