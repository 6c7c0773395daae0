/**
 * Frames on a byte stream: each is announced by its length.
 *
 * ```text
 * u32 length        little-endian
 * length × u8       the frame
 * ```
 *
 * The length 0xFFFFFFFF announces no frame but that none will follow: a stream that ends without it was cut off.
 */
import { SluiceError } from '../../topology/errors.ts'

export const PREFIX_BYTES = 4
export const GOODBYE = 0xffffffff

/** Puts frames together from the chunks they arrive in. Each byte is copied once, into the buffer of its frame. */
export class FrameAssembler {
  private readonly maxFrameBytes: number
  private readonly prefix = Buffer.alloc(PREFIX_BYTES)
  /** The frame that is being filled; undefined while its prefix is. */
  private frame: Buffer | undefined
  private filled = 0
  private done = false

  constructor(maxFrameBytes: number) {
    this.maxFrameBytes = maxFrameBytes
  }

  /** Whether the goodbye has come. */
  get isDone(): boolean {
    return this.done
  }

  /** The frames that end in this chunk. @throws {SluiceError} `FRAME_TOO_LARGE` when one is announced that may not be. */
  push(chunk: Buffer): Uint8Array[] {
    const frames: Uint8Array[] = []
    let at = 0
    while (at < chunk.length && !this.done) {
      at += this.fill(chunk, at)
      if (this.frame === undefined && this.filled === PREFIX_BYTES) this.begin()
      if (this.frame !== undefined && this.filled === this.frame.length) {
        frames.push(this.frame)
        this.frame = undefined
        this.filled = 0
      }
    }
    return frames
  }

  private fill(chunk: Buffer, at: number): number {
    const copied = chunk.copy(this.frame ?? this.prefix, this.filled, at)
    this.filled += copied
    return copied
  }

  private begin(): void {
    const length = this.prefix.readUInt32LE()
    this.filled = 0
    if (length === GOODBYE) this.done = true
    else if (length <= this.maxFrameBytes) this.frame = Buffer.allocUnsafe(length)
    else throw frameTooLarge(length, this.maxFrameBytes)
  }
}

export function frameTooLarge(length: number, maxFrameBytes: number): SluiceError {
  return new SluiceError(
    'FRAME_TOO_LARGE',
    `a frame has ${length} bytes, more than the ${maxFrameBytes} that may be sent`,
    {
      fix: 'Put fewer or smaller records into a batch. If nobody sent that much, the other end speaks another protocol.',
      details: { length, maxFrameBytes },
    },
  )
}
