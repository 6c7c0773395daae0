/** Turning a record's bytes into a value and back. */
import type { RegistryFormat } from '../format.ts'
import type { TypedTopic } from '../topic.ts'
import type { SourceRecord } from './source.ts'

/** Why bytes are not a value of the schema. */
export interface DecodeFailure {
  /**
   * The format: the bytes are not in it, or in a schema that nobody knows (`json`: not UTF-8, not JSON, not an object).
   * `schema`: they are, and hold something else than the topic's schema says (wrong types; in JSON also unknown fields).
   */
  readonly rule: 'json' | 'avro' | 'protobuf' | 'raw' | 'schema'
  /** Names the field and what arrived. */
  readonly reason: string
}

export type DecodeResult<T> = { readonly ok: true; readonly value: T } | ({ readonly ok: false } & DecodeFailure)

/** A value, and where it was read. */
export type PlacedValue = Pick<SourceRecord, 'topic' | 'partition' | 'offset' | 'value'>

/**
 * Decodes wire bytes by a schema: types are checked and absent fields become null; what a field *means* (required,
 * ranges, patterns) is not judged here.
 */
export interface Deserializer<T> {
  /**
   * Fetches what decoding these values needs first, as the schemas they name; undefined when all of it is there. A
   * registry that is away is waited for, and whoever reads the log is told for which record: the promise resolves once it
   * is back.
   *
   * Left out where nothing is ever fetched.
   *
   * @throws {SluiceError} as a rejection: what waiting doesn't heal, such as `REGISTRY_DENIED`.
   */
  prepare?(records: readonly PlacedValue[]): Promise<void> | undefined
  /** Null, a tombstone, is no value. */
  decode(bytes: Uint8Array | null): DecodeResult<T>
}

export interface Serializer<T> {
  /** As `prepare` of a deserializer, for what encoding needs: the id of the schema that is written with. */
  prepare?(): Promise<void> | undefined
  /** @throws {RangeError} naming the field, when a value has no form on the wire. */
  encode(value: T): Uint8Array
}

/** A topic whose schemas are kept in a registry. */
export interface RegistryTopic extends TypedTopic {
  readonly format: RegistryFormat
}

/** What reads and writes formats whose schemas are kept in a registry. */
export interface SerdeSystem {
  /**
   * Before a job starts: registers the schemas of topics that it writes, and sees that it understands what was written to
   * those it reads.
   *
   * @throws {SluiceError} `SCHEMA_INCOMPATIBLE` saying what is, `REGISTRY_UNAVAILABLE`, `REGISTRY_DENIED`.
   */
  ensure(topics: { readonly read: readonly RegistryTopic[]; readonly written: readonly RegistryTopic[] }): Promise<void>
  deserializer(topic: RegistryTopic): Deserializer<unknown>
  serializer(topic: RegistryTopic): Serializer<any>
  close(): Promise<void>
}
