import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c, crc32cByTables } from '../../../../../connectors/kafka/driver/protocol/crc32c.ts'
import { runs } from '../../../../support/scale.ts'

describe.each([
  ['native', crc32c],
  ['by tables', crc32cByTables],
])('CRC-32C, %s', (_, checksum) => {
  it('gives the check value of the Castagnoli polynomial, and those of RFC 3720', () => {
    expect(checksum(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(checksum(Buffer.alloc(32))).toBe(0x8a9136aa)
    expect(checksum(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43)
    expect(checksum(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e)
  })

  it('gives bit by bit the same for every length, beginning and end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(20), fc.nat(20), (bytes, skip, drop) => {
        const end = Math.max(skip, bytes.length - drop)
        expect(checksum(bytes, Math.min(skip, bytes.length), Math.min(end, bytes.length))).toBe(
          bitByBit(bytes.subarray(skip, end)),
        )
      }),
      runs(100_000),
    )
  })
})

function bitByBit(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return ~crc >>> 0
}
