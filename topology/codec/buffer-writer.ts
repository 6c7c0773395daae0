/**
 * The byte writer of state codecs: one buffer that grows, and is used again after each `take`.
 *
 * ```text
 * uint8    1 byte
 * varint   unsigned LEB128, below 2^53
 * float64  8 bytes, little-endian
 * int64    8 bytes, little-endian, two's complement
 * bigint   varint n, then n bytes: the shortest two's complement, big-endian
 * string   varint n, then n bytes of UTF-8, lone surrogates kept (see wtf8.ts)
 * bytes    varint n, then n bytes
 * key      see key-bytes.ts
 * ```
 */
import type { ByteWriter } from '../contract/state.ts'
import type { Key } from '../element.ts'
import { SluiceError } from '../errors.ts'
import { writeKey } from './key-bytes.ts'
import { writeWtf8, wtf8Length } from './wtf8.ts'

/** Up to here a loop over characters beats a call into the engine. */
const SHORT_STRING = 48
const VARINT_MAX_BYTES = 8

export class BufferWriter implements ByteWriter {
  private buffer: Buffer
  private view: DataView
  private end = 0

  constructor(initialBytes = 1024) {
    this.buffer = Buffer.allocUnsafeSlow(Math.max(initialBytes, 16))
    this.view = viewOf(this.buffer)
  }

  /** How many bytes were written since the last `take` or `clear`. */
  get length(): number {
    return this.end
  }

  /** A copy of what was written; the writer begins anew. */
  take(): Uint8Array {
    const bytes = new Uint8Array(this.end)
    bytes.set(this.written())
    this.end = 0
    return bytes
  }

  /** What was written, without a copy: valid until the next call. */
  written(): Uint8Array {
    return this.buffer.subarray(0, this.end)
  }

  clear(): void {
    this.end = 0
  }

  uint8(value: number): void {
    this.reserve(1)
    this.buffer[this.end++] = value
  }

  varint(value: number): void {
    if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER) || value % 1 !== 0) {
      throw valueInvalid(value, 'an integer from 0 to 2^53 − 1')
    }
    this.reserve(VARINT_MAX_BYTES)
    let rest = value
    while (rest > 0x7fffffff) {
      this.buffer[this.end++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    while (rest > 0x7f) {
      this.buffer[this.end++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.buffer[this.end++] = rest
  }

  float64(value: number): void {
    if (typeof value !== 'number') throw valueInvalid(value, 'a number')
    this.reserve(8)
    this.view.setFloat64(this.end, value, true)
    this.end += 8
  }

  int64(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) throw valueInvalid(value, 'a bigint of 64 bits')
    this.reserve(8)
    this.view.setBigInt64(this.end, value, true)
    this.end += 8
  }

  bigint(value: bigint): void {
    if (BigInt.asIntN(64, value) === value) this.smallBigint(value)
    else this.largeBigint(value)
  }

  string(value: string): void {
    const length = value.length
    if (length <= SHORT_STRING) {
      this.reserve(1 + length)
      const buffer = this.buffer
      const start = this.end + 1
      let seen = 0
      for (let index = 0; index < length; index++) {
        const code = value.charCodeAt(index)
        seen |= code
        buffer[start + index] = code
      }
      if (seen < 0x80) {
        buffer[this.end] = length
        this.end = start + length
        return
      }
    }
    const byteLength = wtf8Length(value)
    this.varint(byteLength)
    this.reserve(byteLength)
    writeWtf8(this.buffer, this.end, value)
    this.end += byteLength
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length)
    this.reserve(value.length)
    this.buffer.set(value, this.end)
    this.end += value.length
  }

  key(value: Key): void {
    writeKey(this, value)
  }

  /** Bytes as they are, without their length: what another writer has written. */
  append(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.buffer.set(bytes, this.end)
    this.end += bytes.length
  }

  private smallBigint(value: bigint): void {
    this.reserve(9)
    const start = this.end + 1
    this.view.setBigInt64(start, value)
    // Leave out every first byte that only repeats the sign.
    const sign = value < 0n ? 0xff : 0
    let skip = 0
    while (
      skip < 7 &&
      this.buffer[start + skip] === sign &&
      (this.buffer[start + skip + 1]! & 0x80) === (sign & 0x80)
    ) {
      skip++
    }
    this.buffer[this.end] = 8 - skip
    this.buffer.copyWithin(start, start + skip, start + 8)
    this.end = start + 8 - skip
  }

  private largeBigint(value: bigint): void {
    // ~value has the same bits as −1 − value, inverted: its length says how many bytes the value needs beside the sign.
    const magnitude = (value < 0n ? ~value : value).toString(16)
    const bits = magnitude.length * 4 - Math.clz32(Number.parseInt(magnitude[0]!, 16)) + 28
    const byteLength = Math.floor(bits / 8) + 1
    const hex = BigInt.asUintN(byteLength * 8, value)
      .toString(16)
      .padStart(byteLength * 2, '0')
    this.varint(byteLength)
    this.reserve(byteLength)
    this.buffer.write(hex, this.end, 'hex')
    this.end += byteLength
  }

  private reserve(byteLength: number): void {
    const needed = this.end + byteLength
    if (needed > this.buffer.length) this.grow(needed)
  }

  private grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2))
    larger.set(this.buffer.subarray(0, this.end))
    this.buffer = larger
    this.view = viewOf(larger)
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}

function valueInvalid(value: unknown, expected: string): SluiceError {
  return new SluiceError('STATE_VALUE_INVALID', `state value ${String(value)} is not ${expected}`, {
    fix: 'Choose a codec that can hold every value of the state.',
    details: { value: String(value) },
  })
}
