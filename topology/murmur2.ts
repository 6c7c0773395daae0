/** Murmur2 as Kafka's default partitioner computes it, so that a key lands on the same partition here and there. */

const SEED = 0x9747b28c
const M = 0x5bd1e995
const R = 24

/** The 32-bit hash, signed as Java prints it. Source: org.apache.kafka.common.utils.Utils#murmur2. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length
  let hash = SEED ^ length
  let at = 0
  for (const end = length & ~3; at < end; at += 4) {
    let k = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    k = Math.imul(k, M)
    k ^= k >>> R
    hash = Math.imul(hash, M) ^ Math.imul(k, M)
  }
  const rest = length & 3
  if (rest !== 0) {
    if (rest === 3) hash ^= bytes[at + 2]! << 16
    if (rest >= 2) hash ^= bytes[at + 1]! << 8
    hash = Math.imul(hash ^ bytes[at]!, M)
  }
  hash ^= hash >>> 13
  hash = Math.imul(hash, M)
  return hash ^ (hash >>> 15)
}

/** The partition of a key: `toPositive(murmur2(key)) % partitions`, where toPositive clears the sign bit. */
export function partitionOfKey(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}
