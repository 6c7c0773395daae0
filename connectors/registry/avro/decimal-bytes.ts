/** Unscaled decimals as Avro keeps them: two's complement, big-endian. */

export function decimalFromBytes(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  let value = BigInt.asIntN(8, BigInt(bytes[0]!))
  for (let i = 1; i < bytes.length; i++) value = (value << 8n) | BigInt(bytes[i]!)
  return value
}

/** In as few bytes as hold it, or in `sizeBytes`; undefined when it does not fit. */
export function decimalToBytes(unscaled: bigint, sizeBytes = minimalSizeBytes(unscaled)): Buffer | undefined {
  if (BigInt.asIntN(8 * sizeBytes, unscaled) !== unscaled) return undefined
  const bytes = Buffer.alloc(sizeBytes)
  for (let i = sizeBytes - 1, rest = unscaled; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn)
  return bytes
}

function minimalSizeBytes(unscaled: bigint): number {
  let sizeBytes = 1
  while (BigInt.asIntN(8 * sizeBytes, unscaled) !== unscaled) sizeBytes++
  return sizeBytes
}
