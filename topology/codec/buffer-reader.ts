/** The byte reader of state codecs: what BufferWriter wrote, bounds-checked. */
import type { ByteReader } from '../contract/state.ts'
import type { Key } from '../element.ts'
import { readKey } from './key-bytes.ts'
import { stateCorrupt } from './state-corrupt.ts'
import { readWtf8 } from './wtf8.ts'

/** @throws {SluiceError} `STATE_CORRUPT` from every read that would go past the end, or finds what no writer writes. */
export class BufferReader implements ByteReader {
  private readonly buffer: Buffer
  private readonly view: DataView
  private position = 0

  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Where the next read begins. */
  get offset(): number {
    return this.position
  }

  get atEnd(): boolean {
    return this.position === this.buffer.length
  }

  uint8(): number {
    return this.buffer[this.advance(1)]!
  }

  varint(): number {
    let byte = this.uint8()
    if (byte < 0x80) return byte
    let value = byte & 0x7f
    let scale = 1
    do {
      scale *= 128
      byte = this.uint8()
      value += (byte & 0x7f) * scale
      if (value > Number.MAX_SAFE_INTEGER || scale > 2 ** 49) {
        throw stateCorrupt(`the number at byte ${this.position} is above 2^53`)
      }
    } while (byte >= 0x80)
    return value
  }

  float64(): number {
    return this.view.getFloat64(this.advance(8), true)
  }

  int64(): bigint {
    return this.view.getBigInt64(this.advance(8), true)
  }

  bigint(): bigint {
    const byteLength = this.varint()
    const start = this.advance(byteLength)
    if (byteLength === 0) throw stateCorrupt(`the bigint at byte ${start} has no bytes`)
    const hex = this.buffer.toString('hex', start, start + byteLength)
    return BigInt.asIntN(byteLength * 8, BigInt(`0x${hex}`))
  }

  string(): string {
    const byteLength = this.varint()
    const start = this.advance(byteLength)
    const end = start + byteLength
    for (let index = start; index < end; index++) {
      if (this.buffer[index]! >= 0x80) return readWtf8(this.buffer, start, end)
    }
    return this.buffer.toString('latin1', start, end)
  }

  bytes(): Uint8Array {
    const byteLength = this.varint()
    const start = this.advance(byteLength)
    return new Uint8Array(this.buffer.subarray(start, start + byteLength))
  }

  key(): Key {
    return readKey(this)
  }

  /** Passes over `byteLength` bytes and tells where they begin. */
  private advance(byteLength: number): number {
    const start = this.position
    if (byteLength > this.buffer.length - start) {
      throw stateCorrupt(`${byteLength} bytes expected at byte ${start}, but it ends at byte ${this.buffer.length}`)
    }
    this.position = start + byteLength
    return start
  }
}
