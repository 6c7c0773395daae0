/**
 * CRC-32C (Castagnoli), the checksum of record batches: by the processor's own instruction where @node-rs/crc32 is
 * installed, else by tables, eight bytes a step.
 */
import { createRequire } from 'node:module'

const POLYNOMIAL = 0x82f63b78
const SLICES = 8
/** Table k at k × 256: what a byte k places before the end of a step adds. */
const TABLES = makeTables()

/** Of `bytes` from `start` to `end`. */
export const crc32c: (bytes: Uint8Array, start?: number, end?: number) => number = loadNative() ?? crc32cByTables

function loadNative(): typeof crc32c | undefined {
  try {
    const native = createRequire(import.meta.url)('@node-rs/crc32') as { crc32c(bytes: Uint8Array): number }
    return (bytes, start, end) => native.crc32c(bytes.subarray(start, end))
  } catch {
    return undefined
  }
}

/** The same without the package. */
export function crc32cByTables(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  const tables = TABLES
  let crc = -1
  let at = start
  for (const last = end - SLICES; at <= last; at += SLICES) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc =
      tables[1792 + (crc & 0xff)]! ^
      tables[1536 + ((crc >>> 8) & 0xff)]! ^
      tables[1280 + ((crc >>> 16) & 0xff)]! ^
      tables[1024 + (crc >>> 24)]! ^
      tables[768 + bytes[at + 4]!]! ^
      tables[512 + bytes[at + 5]!]! ^
      tables[256 + bytes[at + 6]!]! ^
      tables[bytes[at + 7]!]!
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]!) & 0xff]!
  return ~crc >>> 0
}

function makeTables(): Int32Array {
  const tables = new Int32Array(SLICES * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    tables[byte] = crc
  }
  for (let index = 256; index < tables.length; index++) {
    const before = tables[index - 256]!
    tables[index] = (before >>> 8) ^ tables[before & 0xff]!
  }
  return tables
}
