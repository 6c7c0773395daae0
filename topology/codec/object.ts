/** Codecs of byte arrays and of JSON: values that may be changed in place. */
import type { ValueCodec } from '../contract/state.ts'
import { SluiceError } from '../errors.ts'
import type { Json } from '../json.ts'
import { stateCorrupt } from './state-corrupt.ts'

export const bytes: ValueCodec<Uint8Array> = {
  name: 'bytes',
  version: 1,
  write: (writer, value) => writer.bytes(value),
  read: (reader) => reader.bytes(),
  copy: (value) => new Uint8Array(value),
}

/** Plain JSON, as text: the slowest codec, for state that is small or seldom touched. */
export function json<V = Json>(): ValueCodec<V> {
  return {
    name: 'json',
    version: 1,
    write(writer, value) {
      const text = JSON.stringify(value)
      if (text === undefined) {
        throw new SluiceError(
          'STATE_VALUE_INVALID',
          `a ${typeof value} is no JSON and cannot be state of the json codec`,
          {
            fix: 'Keep null in place of undefined.',
          },
        )
      }
      writer.string(text)
    },
    read(reader) {
      const text = reader.string()
      try {
        return JSON.parse(text) as V
      } catch (error) {
        throw stateCorrupt('a value of the json codec is no JSON', error)
      }
    },
    copy: (value) => structuredClone(value),
  }
}
