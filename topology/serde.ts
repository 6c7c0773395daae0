/** What reads and writes the values of a topic: in this process where its format says all, else what knows the registry. */
import type { Deserializer, RegistryTopic, SerdeSystem, Serializer } from './contract/serde.ts'
import type { EndpointReference } from './endpoint.ts'
import type { RawRow } from './format.ts'
import { jsonDeserializer, jsonSerializer } from './schema/index.ts'
import type { TypedTopic } from './topic.ts'

/** Whether a registry keeps the schemas of its records. */
export function needsRegistry(from: TypedTopic | EndpointReference): from is RegistryTopic {
  return 'format' in from && (from.format.kind === 'avro' || from.format.kind === 'protobuf')
}

/** The format of endpoints, and of topics that declare none. */
export function isJson(from: TypedTopic | EndpointReference): boolean {
  return !('format' in from) || from.format.kind === 'json'
}

export function deserializerOf(from: TypedTopic | EndpointReference, serdes: SerdeSystem): Deserializer<unknown> {
  if (needsRegistry(from)) return serdes.deserializer(from)
  return isJson(from) ? jsonDeserializer(from.schema) : RAW_DESERIALIZER
}

export function serializerOf(to: TypedTopic | EndpointReference, serdes: SerdeSystem): Serializer<any> {
  if (needsRegistry(to)) return serdes.serializer(to)
  return isJson(to) ? jsonSerializer(to.schema) : RAW_SERIALIZER
}

const RAW_DESERIALIZER: Deserializer<RawRow> = {
  decode: (value) =>
    value === null
      ? { ok: false, rule: 'raw', reason: 'no value: the record is a tombstone' }
      : { ok: true, value: { value } },
}

const RAW_SERIALIZER: Serializer<RawRow> = { encode: ({ value }) => value }
