/** Columns of byte strings that all have the same length: fixed, and uuid from its text. */
import { ColumnBuffer } from './column-buffer.ts'

/** `write` puts one value's bytes at an offset, or returns false when it is not such a value. */
type BytesWriter = (target: Uint8Array, offset: number, value: unknown) => boolean

export class FixedBytesColumn extends ColumnBuffer {
  private readonly width: number
  private readonly expected: string
  private readonly write: BytesWriter
  private bytes = new Uint8Array(0)

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

export function uuidColumn(name: string): FixedBytesColumn {
  return new FixedBytesColumn(name, 16, 'a uuid', (target, offset, value) => {
    if (typeof value !== 'string' || value.length !== 36) return false
    let nibbles = 0
    for (let i = 0; i < 36; i++) {
      if (i === 8 || i === 13 || i === 18 || i === 23) {
        if (value.charCodeAt(i) !== 0x2d) return false
        continue
      }
      const nibble = hexDigit(value.charCodeAt(i))
      if (nibble < 0) return false
      const at = offset + (nibbles >>> 1)
      target[at] = nibbles & 1 ? target[at]! | nibble : nibble << 4
      nibbles++
    }
    return true
  })
}

function hexDigit(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30
  const lower = unit | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
