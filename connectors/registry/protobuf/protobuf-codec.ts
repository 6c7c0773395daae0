/** Protocol Buffers as a format of topics. */
import type protobuf from 'protobufjs'
import { protobufSchema } from '../../../topology/schema/protobuf.ts'
import { structOf } from '../../../topology/schema/struct-of.ts'
import { recordNameOf } from '../record-name.ts'
import type { PayloadReader, WireCodec } from '../wire-codec.ts'
import { HEADER_BYTES } from '../wire-format.ts'
import { FIRST_MESSAGE, messageAt } from './message-index.ts'
import { protobufProblems } from './protobuf-compatibility.ts'
import { protobufReader } from './protobuf-reader.ts'
import { protobufFile } from './protobuf-type.ts'
import { protobufWriter } from './protobuf-writer.ts'

export const protobufCodec: WireCodec = {
  type: 'PROTOBUF',

  schemaOf: (topic) => ({ type: 'PROTOBUF', schema: protobufSchema(recordNameOf(topic), topic.fields) }),

  reader(schema, topic): PayloadReader {
    const file = protobufFile(schema)
    const struct = structOf(topic.schema)
    const readers = new Map<protobuf.Type, ReturnType<typeof protobufReader>>()
    const readerOf = (type: protobuf.Type) => {
      let reader = readers.get(type)
      if (reader === undefined) {
        reader = protobufReader(type, struct)
        readers.set(type, reader)
      }
      return reader
    }
    // Most files have one message, or the one that is meant first: what can't be read shows at once.
    if (file.messages[0] === undefined) throw new Error('there is no message in it')
    readerOf(file.messages[0])
    return (payload) => {
      const { type, offset } = messageAt(file, payload)
      return readerOf(type)(type.decode(payload.subarray(offset)))
    }
  },

  problems: (reader, writer) => protobufProblems(protobufFile(reader), protobufFile(writer)),

  writer(topic) {
    const [type] = protobufFile(protobufCodec.schemaOf(topic)).messages
    const write = protobufWriter(type!, structOf(topic.schema))
    return (row) => {
      const message = write(row)
      const bytes = new Uint8Array(HEADER_BYTES + FIRST_MESSAGE.length + message.length)
      bytes.set(FIRST_MESSAGE, HEADER_BYTES)
      bytes.set(message, HEADER_BYTES + FIRST_MESSAGE.length)
      return bytes
    }
  },
}
