/**
 * The codec of values that expire.
 *
 * ```text
 * ttl(c)     float64 atMs: when it was last renewed, milliseconds since the epoch; then the value
 * ```
 */
import type { ValueCodec } from '../../../topology/contract/state.ts'

/** A value, and when its time has begun. */
export interface Timed<V> {
  readonly value: V
  atMs: number
}

/** Its name is another one: state that begins, or ceases, to expire is told from what a checkpoint holds. */
export function expiring<V>(codec: ValueCodec<V>): ValueCodec<Timed<V>> {
  return {
    name: `ttl(${codec.name})`,
    version: codec.version,
    ...(codec.layout !== undefined && { layout: codec.layout }),
    write(writer, { value, atMs }) {
      writer.float64(atMs)
      codec.write(writer, value)
    },
    read: (reader) => ({ atMs: reader.float64(), value: codec.read(reader) }),
    copy: ({ value, atMs }) => ({ value: codec.copy(value), atMs }),
    ...(codec.readerOf !== undefined && {
      readerOf(written) {
        const read = codec.readerOf!({ ...written, name: codec.name })
        return (reader) => ({ atMs: reader.float64(), value: read(reader) })
      },
    }),
  }
}
