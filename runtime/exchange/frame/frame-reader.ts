/** Reads the sections of a frame in order, as views of it. */
import { checksumOf } from './checksum.ts'
import { frameCorrupt } from './frame-corrupt.ts'
import { CHECKED_OFFSET, CHECKSUM_OFFSET, FRAME_VERSION } from './layout.ts'

export interface ColumnHeader {
  readonly form: number
  readonly variety: number
  readonly size: number
}

/** @throws {SluiceError} `FRAME_CORRUPT` from every read that would go past the end. */
export class FrameReader {
  /** Of `BatchAttributes`, those that follow. */
  readonly attributes: number
  private readonly frame: Buffer
  private at = CHECKED_OFFSET

  /** Checks version and checksum. A frame that does not lie at a multiple of 8 in its buffer is copied to one that does. */
  constructor(bytes: Uint8Array) {
    const frame = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes)
    this.frame = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength)
    if (bytes.length < CHECKED_OFFSET) throw frameCorrupt(`it has ${bytes.length} bytes`)
    const version = this.frame[0]!
    if (version !== FRAME_VERSION)
      throw frameCorrupt(`its version is ${version}, and this Sluice reads ${FRAME_VERSION}`)
    if (checksumOf(this.frame) !== this.frame.readUInt32LE(CHECKSUM_OFFSET)) throw frameCorrupt('its checksum is wrong')
    this.attributes = this.frame[1]!
  }

  get atEnd(): boolean {
    return this.at === this.frame.length
  }

  header(): ColumnHeader {
    const start = this.section(8)
    const { frame } = this
    return { form: frame[start]!, variety: frame[start + 1]!, size: frame.readUInt32LE(start + 4) }
  }

  bytes(length: number): Buffer {
    const start = this.section(length)
    return this.frame.subarray(start, start + length)
  }

  u8(length: number): Uint8Array {
    return new Uint8Array(this.frame.buffer, this.frame.byteOffset + this.section(length), length)
  }

  u16(length: number): Uint16Array {
    return new Uint16Array(this.frame.buffer, this.frame.byteOffset + this.section(length * 2), length)
  }

  u32(length: number): Uint32Array {
    return new Uint32Array(this.frame.buffer, this.frame.byteOffset + this.section(length * 4), length)
  }

  i32(length: number): Int32Array {
    return new Int32Array(this.frame.buffer, this.frame.byteOffset + this.section(length * 4), length)
  }

  f64(length: number): Float64Array {
    return new Float64Array(this.frame.buffer, this.frame.byteOffset + this.section(length * 8), length)
  }

  i64(length: number): BigInt64Array {
    return new BigInt64Array(this.frame.buffer, this.frame.byteOffset + this.section(length * 8), length)
  }

  /** Passes over a section and tells where it begins. */
  private section(byteLength: number): number {
    const start = this.at
    const end = start + Math.ceil(byteLength / 8) * 8
    if (end > this.frame.length) {
      throw frameCorrupt(`${byteLength} bytes expected at byte ${start}, but it ends at byte ${this.frame.length}`)
    }
    this.at = end
    return start
  }
}
