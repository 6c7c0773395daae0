/** Zigzag varints, as records use them: 7 bits a byte, lowest first. */

let end = 0

/**
 * An integer up to 2^52; {@link varintEnd} tells where it ended. Two results without an object for them: this is read
 * five times per record.
 */
export function readVarint(bytes: Uint8Array, at: number): number {
  let byte = bytes[at]!
  if (byte < 0x80) {
    end = at + 1
    return (byte >>> 1) ^ -(byte & 1)
  }
  let value = byte & 0x7f
  byte = bytes[at + 1]!
  if (byte < 0x80) {
    end = at + 2
    value |= byte << 7
    return (value >>> 1) ^ -(value & 1)
  }
  return readLongVarint(bytes, at)
}

/** Behind the varint that was read last. */
export function varintEnd(): number {
  return end
}

function readLongVarint(bytes: Uint8Array, start: number): number {
  let at = start
  let value = 0
  let scale = 1
  for (;;) {
    const byte = bytes[at++]!
    value += (byte & 0x7f) * scale
    if (byte < 0x80) break
    scale *= 128
    // Reading undefined beyond the end gives NaN, which a caller's bounds refuse.
    if (at - start > 9) return Number.NaN
  }
  end = at
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}
