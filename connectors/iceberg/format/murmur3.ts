/** MurmurHash3, x86 32-bit variant with seed 0: the hash of Iceberg's bucket transform (spec, Appendix B). */

const C1 = 0xcc9e2d51
const C2 = 0x1b873593

/** The hash of `bytes`, as a signed 32-bit integer. */
export function murmur3(bytes: Uint8Array): number {
  const tail = bytes.length & ~3
  let hash = 0
  for (let i = 0; i < tail; i += 4) {
    hash = mixHash(hash, bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24))
  }
  let rest = 0
  for (let i = bytes.length - 1; i >= tail; i--) rest = (rest << 8) | bytes[i]!
  if (tail < bytes.length) hash ^= mixBlock(rest)
  return finish(hash ^ bytes.length)
}

/** The hash of a 64-bit integer's eight little-endian bytes, given as its two halves. */
export function murmur3Long(low: number, high: number): number {
  return finish(mixHash(mixHash(0, low), high) ^ 8)
}

function mixBlock(block: number): number {
  const mixed = Math.imul(block, C1)
  return Math.imul((mixed << 15) | (mixed >>> 17), C2)
}

function mixHash(hash: number, block: number): number {
  const mixed = hash ^ mixBlock(block)
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0
}

function finish(hash: number): number {
  let mixed = hash ^ (hash >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) | 0
}
