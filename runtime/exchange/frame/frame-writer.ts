/** The buffer a frame is written into: it grows, and is used again after each `take`. */
import { SluiceError } from '../../../topology/errors.ts'
import { MAX_FRAME_BYTES } from '../../transport/limits.ts'

/** There is room for what an exchange writes in front of a batch. */
export const MAX_BATCH_BYTES = MAX_FRAME_BYTES - 1024
const INITIAL_BYTES = 256 << 10
/** A buffer that had to grow beyond this is not used again. */
const KEPT_BYTES = 8 << 20

/** The views are of one buffer, and another one after `section` had to grow it: take them after the call. */
export class FrameWriter {
  bytes!: Buffer
  u16!: Uint16Array
  u32!: Uint32Array
  i32!: Int32Array
  f64!: Float64Array
  i64!: BigInt64Array
  private end = 0

  constructor() {
    this.use(Buffer.allocUnsafeSlow(INITIAL_BYTES))
  }

  get length(): number {
    return this.end
  }

  clear(): void {
    this.end = 0
    if (this.bytes.length > KEPT_BYTES) this.use(Buffer.allocUnsafeSlow(INITIAL_BYTES))
  }

  /** Forgets what was written from `length` on. */
  rewind(length: number): void {
    this.end = length
  }

  /** Makes room for `byteLength` bytes that the caller fills, and returns where they begin: at a multiple of 8. */
  section(byteLength: number): number {
    const start = this.end
    const end = start + Math.ceil(byteLength / 8) * 8
    if (end > this.bytes.length) this.grow(end)
    if (end > start) this.f64[end / 8 - 1] = 0
    this.end = end
    return start
  }

  /** Begins a column: its form with its variety, and its size. */
  header(form: number, size: number): void {
    const at = this.section(8) >> 2
    this.u32[at] = form
    this.u32[at + 1] = size
  }

  /** A copy of the frame, in a buffer of its own. */
  take(): Buffer {
    const frame = Buffer.allocUnsafeSlow(this.end)
    this.bytes.copy(frame, 0, 0, this.end)
    return frame
  }

  private grow(needed: number): void {
    if (needed > MAX_BATCH_BYTES) throw frameTooLarge(`more than ${MAX_BATCH_BYTES} bytes`)
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.end)
    this.use(larger)
  }

  private use(bytes: Buffer): void {
    const { buffer } = bytes
    this.bytes = bytes
    this.u16 = new Uint16Array(buffer)
    this.u32 = new Uint32Array(buffer)
    this.i32 = new Int32Array(buffer)
    this.f64 = new Float64Array(buffer)
    this.i64 = new BigInt64Array(buffer)
  }
}

export function frameTooLarge(what: string): SluiceError {
  return new SluiceError('FRAME_TOO_LARGE', `a batch takes ${what}, too many for one frame`, {
    fix: 'Make its records smaller, or put fewer of them into a batch. A value that contains itself has no end.',
  })
}
