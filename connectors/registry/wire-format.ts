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

/** Writes the header before a payload that has left room for it. @returns `bytes` */
export function framed(id: number, bytes: Uint8Array): Uint8Array {
  bytes[0] = 0
  bytes[1] = id >>> 24
  bytes[2] = id >>> 16
  bytes[3] = id >>> 8
  bytes[4] = id
  return bytes
}
