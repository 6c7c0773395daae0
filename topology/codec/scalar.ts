/** Codecs of values that are never changed in place: a copy is the value itself. */
import type { ByteReader, ByteWriter, ValueCodec } from '../contract/state.ts'
import type { Key } from '../element.ts'

/** Any number, NaN, −0 and the infinities included: 8 bytes. */
export const float64: ValueCodec<number> = scalar(
  'float64',
  (writer, value) => writer.float64(value),
  (reader) => reader.float64(),
)

/** An integer from 0 to 2^53 − 1: 1 to 8 bytes. */
export const varint: ValueCodec<number> = scalar(
  'varint',
  (writer, value) => writer.varint(value),
  (reader) => reader.varint(),
)

/** A bigint of 64 bits: 8 bytes. */
export const int64: ValueCodec<bigint> = scalar(
  'int64',
  (writer, value) => writer.int64(value),
  (reader) => reader.int64(),
)

/** Any bigint: as many bytes as it needs. */
export const bigint: ValueCodec<bigint> = scalar(
  'bigint',
  (writer, value) => writer.bigint(value),
  (reader) => reader.bigint(),
)

/** Any string, lone surrogates included. */
export const string: ValueCodec<string> = scalar(
  'string',
  (writer, value) => writer.string(value),
  (reader) => reader.string(),
)

export const boolean: ValueCodec<boolean> = scalar(
  'boolean',
  (writer, value) => writer.uint8(value ? 1 : 0),
  (reader) => reader.uint8() !== 0,
)

/** Any key, with its type. */
export const key: ValueCodec<Key> = scalar(
  'key',
  (writer, value) => writer.key(value),
  (reader) => reader.key(),
)

function scalar<V>(
  name: string,
  write: (writer: ByteWriter, value: V) => void,
  read: (reader: ByteReader) => V,
): ValueCodec<V> {
  return { name, version: 1, write, read, copy: (value) => value }
}
