/** Reads the fields of a response, big endian. */

export class ResponseReader {
  readonly buffer: Buffer
  offset = 0

  constructor(buffer: Buffer) {
    this.buffer = buffer
  }

  int8(): number {
    return this.buffer.readInt8(this.advance(1))
  }

  int16(): number {
    return this.buffer.readInt16BE(this.advance(2))
  }

  int32(): number {
    return this.buffer.readInt32BE(this.advance(4))
  }

  /** As a number: offsets, timestamps, producer ids. */
  int64(): number {
    const at = this.advance(8)
    return this.buffer.readInt32BE(at) * 4_294_967_296 + this.buffer.readUInt32BE(at + 4)
  }

  string(): string {
    const sizeBytes = this.int16()
    const start = this.advance(sizeBytes)
    return this.buffer.toString('utf8', start, start + sizeBytes)
  }

  nullableString(): string | undefined {
    const sizeBytes = this.int16()
    if (sizeBytes < 0) return undefined
    const start = this.advance(sizeBytes)
    return this.buffer.toString('utf8', start, start + sizeBytes)
  }

  /** Null arrays read as empty. */
  array<T>(read: () => T): T[] {
    const length = this.int32()
    const values: T[] = []
    for (let i = 0; i < length; i++) values.push(read())
    return values
  }

  /** A view; null reads as empty. */
  bytes(): Buffer {
    const sizeBytes = Math.max(0, this.int32())
    const start = this.advance(sizeBytes)
    return this.buffer.subarray(start, start + sizeBytes)
  }

  private advance(sizeBytes: number): number {
    const at = this.offset
    this.offset += sizeBytes
    if (this.offset > this.buffer.length) {
      throw new RangeError(`a response of ${this.buffer.length} bytes ends before its byte ${this.offset}`)
    }
    return at
  }
}
