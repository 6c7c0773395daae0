/** Strict base64 (RFC 4648 section 4, with padding): the wire form of bytes in JSON. */

/** The bytes, or undefined when `text` is not exactly what {@link encodeBase64} makes of any. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const decoded = Buffer.from(text, 'base64')
  // Buffer skips what it does not know; only canonical text comes back as it was.
  if (decoded.toString('base64') !== text) return undefined
  // A copy of its own: small Buffers are windows into a shared pool, which a row would keep alive.
  return new Uint8Array(decoded)
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
