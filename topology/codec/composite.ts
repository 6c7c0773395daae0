/**
 * Codecs made of other codecs. Their names spell the structure, so that a checkpoint tells one from another.
 *
 * ```text
 * nullable(c)     uint8 0, or uint8 1 and the value
 * tuple(c, …)     the values, in order
 * list(c)         varint n, then n values
 * keySet          varint n, then n keys
 * map(k,v)        varint n, then n times key, value
 * ```
 */
import type { ByteReader, ValueCodec } from '../contract/state.ts'
import type { Key } from '../element.ts'

/** The type of value a codec writes. */
export type ValueOf<C> = C extends ValueCodec<infer V> ? V : never

/** A value, or null. */
export function nullable<V>(codec: ValueCodec<V>): ValueCodec<V | null> {
  return {
    name: `nullable(${nameOf(codec)})`,
    version: 1,
    write(writer, value) {
      writer.uint8(value === null ? 0 : 1)
      if (value !== null) codec.write(writer, value)
    },
    read: (reader) => (reader.uint8() === 0 ? null : codec.read(reader)),
    copy: (value) => (value === null ? null : codec.copy(value)),
  }
}

/**
 * An array of fixed length whose places have codecs of their own. The array may be changed in place.
 *
 * @example const sumAndCount = tuple(int64, varint) // ValueCodec<[bigint, number]>, named tuple(int64,varint)
 */
export function tuple<const C extends readonly ValueCodec<any>[]>(
  ...codecs: C
): ValueCodec<{ -readonly [Place in keyof C]: ValueOf<C[Place]> }> {
  type Values = { -readonly [Place in keyof C]: ValueOf<C[Place]> }
  const length = codecs.length
  return {
    name: `tuple(${codecs.map(nameOf).join(',')})`,
    version: 1,
    write(writer, values: Values) {
      for (let place = 0; place < length; place++) codecs[place]!.write(writer, values[place])
    },
    read(reader) {
      const values: unknown[] = []
      for (let place = 0; place < length; place++) values.push(codecs[place]!.read(reader))
      return values as Values
    },
    copy(values: Values) {
      const copies: unknown[] = []
      for (let place = 0; place < length; place++) copies.push(codecs[place]!.copy(values[place]))
      return copies as Values
    },
  }
}

/** An array of any length. It may be changed in place. */
export function list<V>(codec: ValueCodec<V>): ValueCodec<V[]> {
  return {
    name: `list(${nameOf(codec)})`,
    version: 1,
    write(writer, values) {
      writer.varint(values.length)
      for (let index = 0; index < values.length; index++) codec.write(writer, values[index]!)
    },
    read(reader) {
      const values: V[] = []
      for (let left = reader.varint(); left > 0; left--) values.push(codec.read(reader))
      return values
    },
    copy(values) {
      const copies: V[] = []
      for (let index = 0; index < values.length; index++) copies.push(codec.copy(values[index]!))
      return copies
    },
  }
}

/** A set of keys: what countDistinct has seen. It may be changed in place. */
export const keySet: ValueCodec<Set<Key>> = {
  name: 'keySet',
  version: 1,
  write(writer, keys) {
    writer.varint(keys.size)
    for (const key of keys) writer.key(key)
  },
  read(reader) {
    const keys = new Set<Key>()
    for (let left = reader.varint(); left > 0; left--) keys.add(reader.key())
    return keys
  },
  copy: (keys) => new Set(keys),
}

/** A map, in the order of its insertions. It and its values may be changed in place. */
export function map<K, V>(keyCodec: ValueCodec<K>, valueCodec: ValueCodec<V>): ValueCodec<Map<K, V>> {
  return {
    name: `map(${nameOf(keyCodec)},${nameOf(valueCodec)})`,
    version: 1,
    write(writer, entries) {
      writer.varint(entries.size)
      for (const [key, value] of entries) {
        keyCodec.write(writer, key)
        valueCodec.write(writer, value)
      }
    },
    read: (reader) => readEntries(reader, keyCodec, valueCodec),
    copy(entries) {
      const copies = new Map<K, V>()
      for (const [key, value] of entries) copies.set(keyCodec.copy(key), valueCodec.copy(value))
      return copies
    },
  }
}

function readEntries<K, V>(reader: ByteReader, keyCodec: ValueCodec<K>, valueCodec: ValueCodec<V>): Map<K, V> {
  const entries = new Map<K, V>()
  for (let left = reader.varint(); left > 0; left--) {
    const key = keyCodec.read(reader)
    entries.set(key, valueCodec.read(reader))
  }
  return entries
}

/** An inner codec of a later version is another codec: the outer one reads only what its own name spells. */
function nameOf(codec: ValueCodec<any>): string {
  return codec.version === 1 ? codec.name : `${codec.name}@${codec.version}`
}
