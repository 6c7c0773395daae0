/** Columns whose values all take the same space: booleans, numbers, dates and times, decimals, uuids, fixed. */
import type { EncodedColumn } from '../../../topology/encoded-column.ts'
import { ColumnBuffer } from './column-buffer.ts'

/** Doubles, floats: any number, NaN and infinities included. */
export class FloatColumn extends ColumnBuffer {
  private values: Float32Array | Float64Array
  private readonly array: typeof Float32Array | typeof Float64Array

  constructor(name: string, array: typeof Float32Array | typeof Float64Array) {
    super(name)
    this.array = array
    this.values = new array(0)
  }

  get sizeBytes(): number {
    return this.length * this.array.BYTES_PER_ELEMENT
  }

  protected grow(capacity: number): void {
    const grown = new this.array(capacity)
    grown.set(this.values)
    this.values = grown
  }

  protected fill(values: ArrayLike<unknown>, rows: Uint32Array | undefined, count: number): void {
    const target = this.values
    const start = this.length
    for (let i = 0; i < count; i++) {
      const value = values[rows === undefined ? i : rows[i]!]
      if (typeof value === 'number') target[start + i] = value
      else if (value === null || value === undefined) this.setNull(start + i)
      else this.refuse(value, 'a number')
    }
  }

  protected override copy(column: EncodedColumn, count: number): boolean {
    if (column.kind !== 'float64') return false
    this.values.set(column.values.subarray(0, count), this.length)
    return true
  }

  protected detach() {
    const values = this.values
    this.values = new this.array(0)
    return { values, offsets: undefined, children: [] }
  }
}

/** int and date. */
export class Int32Column extends ColumnBuffer {
  private values = new Int32Array(0)

  get sizeBytes(): number {
    return this.length * 4
  }

  protected grow(capacity: number): void {
    const grown = new Int32Array(capacity)
    grown.set(this.values)
    this.values = grown
  }

  protected fill(values: ArrayLike<unknown>, rows: Uint32Array | undefined, count: number): void {
    const target = this.values
    const start = this.length
    for (let i = 0; i < count; i++) {
      const value = values[rows === undefined ? i : rows[i]!] as number | null | undefined
      if (value === null || value === undefined) this.setNull(start + i)
      else {
        const integer = value | 0
        if (integer !== value) this.refuse(value, 'an integer of 32 bits')
        target[start + i] = integer
      }
    }
  }

  protected override copy(column: EncodedColumn, count: number): boolean {
    if (column.kind !== 'int32') return false
    this.values.set(column.values.subarray(0, count), this.length)
    return true
  }

  protected detach() {
    const values = this.values
    this.values = new Int32Array(0)
    return { values, offsets: undefined, children: [] }
  }
}

const LARGEST_LONG = 2n ** 63n - 1n
const SMALLEST_LONG = -(2n ** 63n)

/** long, time, timestamp, timestamptz: bigints, or safe integers where the field is declared int53. */
export class Int64Column extends ColumnBuffer {
  private values = new BigInt64Array(0)
  private halves = new Int32Array(0)

  get sizeBytes(): number {
    return this.length * 8
  }

  protected grow(capacity: number): void {
    const grown = new BigInt64Array(capacity)
    grown.set(this.values)
    this.values = grown
    this.halves = new Int32Array(grown.buffer)
  }

  protected fill(values: ArrayLike<unknown>, rows: Uint32Array | undefined, count: number): void {
    const target = this.values
    const halves = this.halves
    const start = this.length
    for (let i = 0; i < count; i++) {
      const value = values[rows === undefined ? i : rows[i]!]
      const row = start + i
      if (typeof value === 'bigint') {
        if (value > LARGEST_LONG || value < SMALLEST_LONG) this.refuse(value, 'an integer of 64 bits')
        target[row] = value
      } else if (value === null || value === undefined) this.setNull(row)
      else if (Number.isSafeInteger(value)) {
        halves[row * 2] = value as number
        halves[row * 2 + 1] = Math.floor((value as number) / 0x1_0000_0000)
      } else this.refuse(value, 'an integer of 64 bits')
    }
  }

  protected override copy(column: EncodedColumn, count: number): boolean {
    if (column.kind === 'float64') return this.copyNumbers(column.values, count)
    if (column.kind !== 'int64') return false
    this.values.set(column.values.subarray(0, count), this.length)
    return true
  }

  protected detach() {
    const values = this.values
    this.values = new BigInt64Array(0)
    this.halves = new Int32Array(0)
    return { values, offsets: undefined, children: [] }
  }

  private copyNumbers(values: Float64Array, count: number): boolean {
    const { halves, length: start } = this
    for (let i = 0; i < count; i++) {
      const value = values[i]!
      if (!Number.isSafeInteger(value)) return false
      halves[(start + i) * 2] = value
      halves[(start + i) * 2 + 1] = Math.floor(value / 0x1_0000_0000)
    }
    return true
  }
}

/** Decimals: 128 bits each, from scaled integers in a number or a bigint. */
export class DecimalColumn extends ColumnBuffer {
  private readonly limit: number
  private readonly wideLimit: bigint
  private values = new BigInt64Array(0)
  private words = new Int32Array(0)

  constructor(name: string, precision: number) {
    super(name)
    this.limit = precision <= 15 ? 10 ** precision : Number.MAX_SAFE_INTEGER
    this.wideLimit = 10n ** BigInt(precision)
  }

  get sizeBytes(): number {
    return this.length * 16
  }

  protected grow(capacity: number): void {
    const grown = new BigInt64Array(capacity * 2)
    grown.set(this.values)
    this.values = grown
    this.words = new Int32Array(grown.buffer)
  }

  protected fill(values: ArrayLike<unknown>, rows: Uint32Array | undefined, count: number): void {
    const words = this.words
    const halves = this.values
    const start = this.length
    for (let i = 0; i < count; i++) {
      const value = values[rows === undefined ? i : rows[i]!]
      const row = start + i
      if (typeof value === 'number') {
        if (!Number.isSafeInteger(value) || value >= this.limit || value <= -this.limit) this.refuseDecimal(value)
        const high = Math.floor(value / 0x1_0000_0000)
        words[row * 4] = value
        words[row * 4 + 1] = high
        words[row * 4 + 2] = words[row * 4 + 3] = high < 0 ? -1 : 0
      } else if (typeof value === 'bigint') {
        if (value >= this.wideLimit || value <= -this.wideLimit) this.refuseDecimal(value)
        halves[row * 2] = value
        halves[row * 2 + 1] = value >= SMALLEST_LONG && value <= LARGEST_LONG ? (value < 0n ? -1n : 0n) : value >> 64n
      } else if (value === null || value === undefined) this.setNull(row)
      else this.refuseDecimal(value)
    }
  }

  protected override copy(column: EncodedColumn, count: number): boolean {
    if (column.kind !== 'float64') return false
    const { values } = column
    const { words, length: start, limit } = this
    for (let i = 0; i < count; i++) {
      const value = values[i]!
      if (!(value < limit && value > -limit) || Math.floor(value) !== value) return false
      const high = Math.floor(value / 0x1_0000_0000)
      const at = (start + i) * 4
      words[at] = value
      words[at + 1] = high
      words[at + 2] = words[at + 3] = high < 0 ? -1 : 0
    }
    return true
  }

  protected detach() {
    const values = this.values
    this.values = new BigInt64Array(0)
    this.words = new Int32Array(0)
    return { values, offsets: undefined, children: [] }
  }

  private refuseDecimal(value: unknown): never {
    this.refuse(value, `a scaled integer below ${this.wideLimit}`)
  }
}

/** Booleans, one bit each. */
export class BooleanColumn extends ColumnBuffer {
  private bits = new Uint8Array(0)

  get sizeBytes(): number {
    return (this.length + 7) >>> 3
  }

  protected grow(capacity: number): void {
    const grown = new Uint8Array((capacity + 7) >>> 3)
    grown.set(this.bits)
    this.bits = grown
  }

  protected fill(values: ArrayLike<unknown>, rows: Uint32Array | undefined, count: number): void {
    const bits = this.bits
    for (let i = 0, row = this.length; i < count; i++, row++) {
      const value = values[rows === undefined ? i : rows[i]!]
      if (value === true) bits[row >>> 3]! |= 1 << (row & 7)
      else if (value === null || value === undefined) this.setNull(row)
      else if (value !== false) this.refuse(value, 'a boolean')
    }
  }

  protected override copy(column: EncodedColumn, count: number): boolean {
    if (column.kind !== 'boolean') return false
    const { values } = column
    const { bits } = this
    for (let i = 0, row = this.length; i < count; i++, row++) if (values[i] === 1) bits[row >>> 3]! |= 1 << (row & 7)
    return true
  }

  protected detach() {
    const values = this.bits
    this.bits = new Uint8Array(0)
    return { values, offsets: undefined, children: [] }
  }
}
