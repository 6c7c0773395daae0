/**
 * Confluent's wire format. Layout: byte 0, the id of the schema (4 bytes, big-endian), the payload.
 *
 * @see https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format
 */

export const HEADER_BYTES = 5

/** The id of the schema; undefined where the bytes do not begin as they should. */
export function schemaIdOf(bytes: Uint8Array): number | undefined {
  if (bytes.length < HEADER_BYTES || bytes[0] !== 0) return undefined
  return ((bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!) >>> 0
}

/** Why {@link schemaIdOf} finds none. */
export function headerProblem(bytes: Uint8Array): string {
  if (bytes.length < HEADER_BYTES) return `not in Confluent's wire format: ${bytes.length} bytes only`
  return `not in Confluent's wire format: it begins with byte ${bytes[0]}, not with 0`
}

export function framed(id: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length)
  bytes[1] = id >>> 24
  bytes[2] = id >>> 16
  bytes[3] = id >>> 8
  bytes[4] = id
  bytes.set(payload, HEADER_BYTES)
  return bytes
}
