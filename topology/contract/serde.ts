/** Turning a record's bytes into a value and back. */

/** Why bytes are not a value of the schema. */
export interface DecodeFailure {
  /** `json`: not UTF-8, not JSON, not an object. `schema`: wrong types or unknown fields. */
  readonly rule: 'json' | 'schema'
  /** Names the field and what arrived. */
  readonly reason: string
}

export type DecodeResult<T> = { readonly ok: true; readonly value: T } | ({ readonly ok: false } & DecodeFailure)

/**
 * Decodes wire bytes by a schema: types are checked and absent fields become null; what a field *means* (required,
 * ranges, patterns) is not judged here.
 */
export interface Deserializer<T> {
  /** Null, a tombstone, is no value. */
  decode(bytes: Uint8Array | null): DecodeResult<T>
}

export interface Serializer<T> {
  encode(value: T): Uint8Array
}
