/** A topic in Avro as others read it: kafkajs' consumer of committed records, the registry client's own decoder. */
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import { Kafka, logLevel } from 'kafkajs'

export interface AvroTopic {
  readonly topic: string
  readonly bootstrapServers: readonly string[]
  readonly registryUrl: string
}

export interface AvroValue {
  readonly key: string | null
  /** As avsc has it, decimals as bytes; undefined for bytes that are none in the wire format. */
  readonly value: Readonly<Record<string, unknown>> | undefined
}

/** Up to its end as it is now; nobody may write meanwhile. */
export async function avroValues({ topic, bootstrapServers, registryUrl }: AvroTopic): Promise<readonly AvroValue[]> {
  const kafka = new Kafka({ brokers: [...bootstrapServers], logLevel: logLevel.NOTHING })
  const registry = new SchemaRegistry({ host: registryUrl })
  const admin = kafka.admin()
  await admin.connect()
  const offsets = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const unread = new Set(offsets.filter(({ low, high }) => low !== high).map(({ partition }) => partition))
  const values: AvroValue[] = []
  if (unread.size === 0) return values
  const consumer = kafka.consumer({ groupId: `others-${topic}` })
  await consumer.connect()
  try {
    await consumer.subscribe({ topic, fromBeginning: true })
    const done = Promise.withResolvers<void>()
    await consumer.run({
      async eachBatch({ batch }) {
        for (const { key, value } of batch.messages) {
          const decoded = value?.[0] === 0 ? await registry.decode(value) : undefined
          values.push({ key: key?.toString() ?? null, value: decoded })
        }
        if (batch.offsetLag() === '0') unread.delete(batch.partition)
        if (unread.size === 0) done.resolve()
      },
    })
    await done.promise
  } finally {
    await consumer.disconnect()
  }
  return values
}

/** What a decimal's bytes say, unscaled. */
export function unscaled(bytes: Uint8Array): bigint {
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${Buffer.from(bytes).toString('hex')}`))
}
