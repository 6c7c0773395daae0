/**
 * The byte form of a key: what checkpoints hold and what key groups are hashed from. Part of the checkpoint format.
 *
 * ```text
 * key      = tag payload
 * 0x00     false                no payload
 * 0x01     true                 no payload
 * 0x02     number               8 bytes: IEEE 754 binary64, little-endian; −0 is written as 0, NaN is no key
 * 0x03     bigint               varint n, then n bytes: the shortest two's complement, big-endian (0n is one byte, 00)
 * 0x04     string               varint n, then n bytes: UTF-8, a lone surrogate as the three bytes of its code point
 * varint   unsigned LEB128
 * ```
 *
 * So '1', 1 and 1n differ, and no key's bytes begin another's. A composite key is a string (see topology/key.ts) and is
 * written as one. Test vectors: test/topology/key.test.ts.
 */
import type { ByteReader, ByteWriter } from '../contract/state.ts'
import type { Key } from '../element.ts'
import { stateCorrupt } from './state-corrupt.ts'

export const KeyTag = { false: 0, true: 1, number: 2, bigint: 3, string: 4 } as const

/** Writes `key` with its type tag. */
export function writeKey(writer: ByteWriter, key: Key): void {
  switch (typeof key) {
    case 'string':
      writer.uint8(KeyTag.string)
      writer.string(key)
      return
    case 'number':
      writer.uint8(KeyTag.number)
      writer.float64(key === 0 ? 0 : key)
      return
    case 'bigint':
      writer.uint8(KeyTag.bigint)
      writer.bigint(key)
      return
    default:
      writer.uint8(key ? KeyTag.true : KeyTag.false)
  }
}

/** @throws {SluiceError} `STATE_CORRUPT` for a tag it does not know. */
export function readKey(reader: ByteReader): Key {
  const tag = reader.uint8()
  switch (tag) {
    case KeyTag.string:
      return reader.string()
    case KeyTag.number:
      return reader.float64()
    case KeyTag.bigint:
      return reader.bigint()
    case KeyTag.true:
      return true
    case KeyTag.false:
      return false
    default:
      throw stateCorrupt(`a key begins with the tag ${tag}, which no type of key has`)
  }
}
