/** Unscaled decimals as Avro keeps them: two's complement, big-endian. */

export function decimalFromBytes(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  let value = BigInt.asIntN(8, BigInt(bytes[0]!))
  for (let i = 1; i < bytes.length; i++) value = (value << 8n) | BigInt(bytes[i]!)
  return value
}

/** 38 digits, as many as a decimal has at most, take 127 bits and a sign. */
const WORDS = new DataView(new ArrayBuffer(16))
const WORD_BYTES = new Uint8Array(WORDS.buffer)

/** In as few bytes as hold it, or in `sizeBytes`; undefined when it does not fit. */
export function decimalToBytes(unscaled: bigint, sizeBytes?: number): Buffer | undefined {
  if (BigInt.asIntN(128, unscaled) !== unscaled) return undefined
  WORDS.setBigInt64(0, unscaled >> 64n)
  WORDS.setBigInt64(8, unscaled)
  const sign = unscaled < 0n ? 0xff : 0
  let first = 0
  // What only repeats the sign is left out: the sign is the first bit of what follows as well.
  while (first < 15 && WORD_BYTES[first] === sign && (WORD_BYTES[first + 1]! ^ sign) < 0x80) first++
  const size = sizeBytes ?? 16 - first
  if (size < 16 - first) return undefined
  const bytes = Buffer.allocUnsafe(size)
  for (let at = size - 1, from = 15; at >= 0; at--, from--) bytes[at] = from < 0 ? sign : WORD_BYTES[from]!
  return bytes
}
