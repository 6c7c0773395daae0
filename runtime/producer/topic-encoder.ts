/** From a record in its JSON form to the record of a declared topic: what the producer and `runtime publish` send. */
import type { RegistryTopic, SerdeSystem } from '../../topology/contract/serde.ts'
import { rowKey } from '../../topology/record-key.ts'
import { jsonDeserializer } from '../../topology/schema/index.ts'
import { deserializerOf, needsRegistry } from '../../topology/serde.ts'
import type { Topic } from '../../topology/topic.ts'

export type EncodeResult =
  | {
      readonly ok: true
      readonly value: Uint8Array
      /** Undefined: the topic declares none. */
      readonly key: Uint8Array | null | undefined
    }
  /** Names the field and what is wrong with it. */
  | { readonly ok: false; readonly reason: string }

/** Takes UTF-8 JSON, and of a topic in `raw()` any bytes. */
export type TopicEncoder = (bytes: Uint8Array) => EncodeResult

/**
 * Opens what makes records of a topic as it is declared, by the serializers that `to(topic(…))` has. The schema of a topic
 * in Avro or Protobuf is registered first: under its subject, with the compatibility that its format says.
 *
 * A record has to fit the topic's schema: the types of its fields and, in Avro and Protobuf, those that are required. What
 * fits goes into a topic in JSON as it is, byte for byte; Avro and Protobuf leave out what a loose object holds beyond its
 * fields.
 *
 * @throws {SluiceError} `SCHEMA_INCOMPATIBLE`, saying what is; `REGISTRY_UNAVAILABLE`, after 10 seconds;
 * `REGISTRY_DENIED`, `REGISTRY_REFUSED`
 */
export async function openTopicEncoder(topic: Topic<any>, serdes: SerdeSystem): Promise<TopicEncoder> {
  const keyOf = topic.key === undefined ? () => undefined : rowKey(topic.key)
  const { decode, encode } = needsRegistry(topic)
    ? { decode: jsonDeserializer(topic.schema).decode, encode: await openSerializer(topic, serdes) }
    : { decode: deserializerOf(topic, serdes).decode, encode: undefined }
  return (bytes) => {
    const row = decode(bytes)
    if (!row.ok) return row
    try {
      return { ok: true, value: encode?.(row.value) ?? bytes, key: keyOf(row.value) }
    } catch (error) {
      return { ok: false, reason: (error as Error).message }
    }
  }
}

async function openSerializer(topic: RegistryTopic, serdes: SerdeSystem): Promise<(row: unknown) => Uint8Array> {
  await serdes.ensure({ read: [], written: [topic] })
  const serializer = serdes.serializer(topic)
  await serializer.prepare?.()
  return serializer.encode
}
