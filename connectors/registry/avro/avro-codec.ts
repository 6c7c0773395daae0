/** Avro as a format of topics. */
import type avro from 'avsc'
import type { RegistryTopic } from '../../../topology/contract/serde.ts'
import { wireAvroSchema } from '../../../topology/schema/avro.ts'
import { structOf } from '../../../topology/schema/struct-of.ts'
import { recordNameOf } from '../record-name.ts'
import type { RegisteredSchema } from '../registry.ts'
import type { WireCodec } from '../wire-codec.ts'
import { avroProblems } from './avro-compatibility.ts'
import { avroReader } from './avro-reader.ts'
import { avroType } from './avro-type.ts'
import { avroWriter } from './avro-writer.ts'

export const avroCodec: WireCodec = {
  type: 'AVRO',

  schemaOf: (topic) => ({ type: 'AVRO', schema: schemaText(topic) }),

  reader(schema, topic) {
    const writer = typeOf(schema)
    const toRow = avroReader(writer, structOf(topic.schema))
    return (payload) => {
      const { value, offset } = writer.decode(payload, 0) as { readonly value: unknown; readonly offset: number }
      if (offset < 0) throw new Error('it is cut off')
      if (offset < payload.length) throw new Error(`${payload.length - offset} bytes are left over`)
      return toRow(value)
    }
  },

  problems: (reader, writer) => avroProblems(typeOf(reader), typeOf(writer)),

  writer: (topic) => avroWriter(avroType(schemaText(topic)), structOf(topic.schema)),
}

function typeOf({ schema, references = [] }: RegisteredSchema): avro.Type {
  return avroType(
    schema,
    references.map((each) => each.schema),
  )
}

function schemaText(topic: RegistryTopic): string {
  return JSON.stringify(wireAvroSchema(recordNameOf(topic), topic.fields))
}
