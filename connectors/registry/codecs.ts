/** The formats whose schemas are in a registry. */
import type { RegistryFormat } from '../../topology/format.ts'
import { avroCodec } from './avro/avro-codec.ts'
import { protobufCodec } from './protobuf/protobuf-codec.ts'
import type { RegisteredSchema } from './registry.ts'
import type { WireCodec } from './wire-codec.ts'

export const CODECS: Readonly<Record<RegistryFormat['kind'], WireCodec>> = { avro: avroCodec, protobuf: protobufCodec }

/** What keeps `reader` from reading what `writer` wrote, both of one type. */
export function schemaProblems(reader: RegisteredSchema, writer: RegisteredSchema): readonly string[] {
  const codec = Object.values(CODECS).find(({ type }) => type === reader.type)
  return codec?.problems(reader, writer) ?? []
}
