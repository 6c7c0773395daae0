/** Columns of byte strings that all have the same length: fixed, and uuid from its text. */
import type { EncodedColumn } from '../../../topology/encoded-column.ts'
import { ColumnBuffer } from './column-buffer.ts'

/** `write` puts one value's bytes at an offset, or returns false when it is not such a value. */
type BytesWriter = (target: Uint8Array, offset: number, value: unknown) => boolean

export class FixedBytesColumn extends ColumnBuffer {
  private readonly width: number
  private readonly expected: string
  private readonly write: BytesWriter
  protected bytes = new Uint8Array(0)

  constructor(name: string, width: number, expected: string, write: BytesWriter) {
    super(name)
    this.width = width
    this.expected = expected
    this.write = write
  }

  get sizeBytes(): number {
    return this.length * this.width
  }

  protected grow(capacity: number): void {
    const grown = new Uint8Array(capacity * this.width)
    grown.set(this.bytes)
    this.bytes = grown
  }

  protected fill(values: ArrayLike<unknown>, rows: Uint32Array | undefined, count: number): void {
    for (let i = 0, row = this.length; i < count; i++, row++) {
      const value = values[rows === undefined ? i : rows[i]!]
      if (value === null || value === undefined) this.setNull(row)
      else if (!this.write(this.bytes, row * this.width, value)) this.refuse(value, this.expected)
    }
  }

  protected detach() {
    const values = this.bytes
    this.bytes = new Uint8Array(0)
    return { values, offsets: undefined, children: [] }
  }
}

export function fixedColumn(name: string, length: number): FixedBytesColumn {
  return new FixedBytesColumn(name, length, `${length} bytes`, (target, offset, value) => {
    if (!(value instanceof Uint8Array) || value.length !== length) return false
    target.set(value, offset)
    return true
  })
}

const UUID_BYTES = 16
const UUID_CHARACTERS = 36
/** Where each byte's two digits begin in the text. */
const UUID_PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const
const HYPHEN = 0x2d
/** By character; −1 where it is no digit. */
const HEX_DIGITS = Int8Array.from({ length: 256 }, (_, code) =>
  '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase()),
)

export class UuidColumn extends FixedBytesColumn {
  constructor(name: string) {
    const text = new Uint8Array(UUID_CHARACTERS)
    super(name, UUID_BYTES, 'a uuid', (target, offset, value) => {
      if (typeof value !== 'string' || value.length !== UUID_CHARACTERS) return false
      for (let i = 0; i < UUID_CHARACTERS; i++) {
        const unit = value.charCodeAt(i)
        text[i] = unit < 128 ? unit : 0
      }
      return putUuid(target, offset, text, 0)
    })
  }

  protected override copy(column: EncodedColumn, count: number): boolean {
    if (column.kind !== 'utf8') return false
    const { data, offsets, valid } = column
    for (let i = 0; i < count; i++) {
      if (valid?.[i] === 0) continue
      const start = offsets[i]!
      if (offsets[i + 1]! - start !== UUID_CHARACTERS) return false
      if (!putUuid(this.bytes, (this.length + i) * UUID_BYTES, data, start)) return false
    }
    return true
  }
}

/** Puts the bytes of the uuid whose text begins at `start`. @returns false when it is none */
function putUuid(target: Uint8Array, offset: number, text: Uint8Array, start: number): boolean {
  if (text[start + 8] !== HYPHEN || text[start + 13] !== HYPHEN) return false
  if (text[start + 18] !== HYPHEN || text[start + 23] !== HYPHEN) return false
  let all = 0
  for (let i = 0; i < UUID_BYTES; i++) {
    const at = start + UUID_PLACES[i]!
    const byte = (HEX_DIGITS[text[at]!]! << 4) | HEX_DIGITS[text[at + 1]!]!
    target[offset + i] = byte
    all |= byte
  }
  return all >= 0
}
