/** Writes the fields of a request or a record batch, big endian, into a buffer that grows. */

export class RequestWriter {
  private buffer: Buffer
  private end = 0

  constructor(sizeBytes = 512) {
    this.buffer = Buffer.allocUnsafe(sizeBytes)
  }

  /** How much has been written. */
  get length(): number {
    return this.end
  }

  int8(value: number): this {
    this.buffer.writeInt8(value, this.advance(1))
    return this
  }

  int16(value: number): this {
    this.buffer.writeInt16BE(value, this.advance(2))
    return this
  }

  int32(value: number): this {
    this.buffer.writeInt32BE(value, this.advance(4))
    return this
  }

  /** Of an integer up to 2^53. */
  int64(value: number): this {
    const at = this.advance(8)
    const high = Math.floor(value / 4_294_967_296)
    this.buffer.writeInt32BE(high, at)
    this.buffer.writeUInt32BE(value - high * 4_294_967_296, at + 4)
    return this
  }

  string(value: string): this {
    const sizeBytes = Buffer.byteLength(value)
    this.int16(sizeBytes)
    this.buffer.write(value, this.advance(sizeBytes), 'utf8')
    return this
  }

  nullableString(value: string | undefined): this {
    return value === undefined ? this.int16(-1) : this.string(value)
  }

  array<T>(values: readonly T[], write: (value: T) => void): this {
    this.int32(values.length)
    for (const value of values) write(value)
    return this
  }

  /** Zigzag, as in records; of an integer up to 2^52. */
  varint(value: number): this {
    let rest = value >= 0 ? value * 2 : value * -2 - 1
    const { buffer } = this
    if (buffer.length - this.end < 10) this.grow(10)
    while (rest >= 0x80) {
      this.buffer[this.end++] = (rest & 0x7f) | 0x80
      rest = Math.floor(rest / 128)
    }
    this.buffer[this.end++] = rest
    return this
  }

  bytes(value: Uint8Array): this {
    this.buffer.set(value, this.advance(value.length))
    return this
  }

  /** Over what was written there. */
  patchInt32(at: number, value: number): void {
    this.buffer.writeInt32BE(value, at)
  }

  patchUint32(at: number, value: number): void {
    this.buffer.writeUInt32BE(value, at)
  }

  /** A view of what has been written: the next write may move it. */
  view(from = 0): Buffer {
    return this.buffer.subarray(from, this.end)
  }

  private advance(sizeBytes: number): number {
    if (this.buffer.length - this.end < sizeBytes) this.grow(sizeBytes)
    const at = this.end
    this.end += sizeBytes
    return at
  }

  private grow(sizeBytes: number): void {
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.end + sizeBytes))
    this.buffer.copy(larger, 0, 0, this.end)
    this.buffer = larger
  }
}
