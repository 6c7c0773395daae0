/** The checksum of a frame: of all its bytes but its own four. */
import { crc32 } from 'node:zlib'
import { CHECKED_OFFSET, CHECKSUM_OFFSET } from './layout.ts'

export function checksumOf(frame: Uint8Array): number {
  return crc32(frame.subarray(CHECKED_OFFSET), crc32(frame.subarray(0, CHECKSUM_OFFSET)))
}
