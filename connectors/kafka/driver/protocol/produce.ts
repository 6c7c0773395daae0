/** Produce, version 8: one record batch for each of some partitions. */
import type { Api } from './api.ts'
import { errorName, type KafkaErrorName } from './error-codes.ts'
import { RequestWriter } from './request-writer.ts'
import { ResponseReader } from './response-reader.ts'
import type { TopicPartition } from './transactions.ts'

export interface ProduceRequest {
  readonly transactionalId: string | undefined
  /** −1: all in-sync replicas. With 0 no response comes. */
  readonly acks: -1 | 0 | 1
  readonly timeoutMs: number
  readonly batches: readonly (TopicPartition & { readonly bytes: Uint8Array })[]
}

export interface ProducedBatch extends TopicPartition {
  readonly error: KafkaErrorName
  readonly message: string | undefined
  readonly baseOffset: number
}

export const produceApi: Api<ProduceRequest, readonly ProducedBatch[]> = {
  apiKey: 0,
  apiVersion: 8,
  apiName: 'Produce',
  encode({ transactionalId, acks, timeoutMs, batches }) {
    const sizeBytes = batches.reduce((sum, { topic, bytes }) => sum + topic.length * 3 + bytes.length + 16, 512)
    const writer = new RequestWriter(sizeBytes).nullableString(transactionalId).int16(acks).int32(timeoutMs)
    return writer
      .array([...Map.groupBy(batches, ({ topic }) => topic)], ([topic, ofTopic]) =>
        writer
          .string(topic)
          .array(ofTopic, ({ partition, bytes }) => writer.int32(partition).int32(bytes.length).bytes(bytes)),
      )
      .view()
  },
  decode(payload) {
    const reader = new ResponseReader(payload)
    return reader
      .array(() => {
        const topic = reader.string()
        return reader.array(() => readBatch(reader, topic))
      })
      .flat()
  },
}

function readBatch(reader: ResponseReader, topic: string): ProducedBatch {
  const partition = reader.int32()
  const error = errorName(reader.int16())
  const baseOffset = reader.int64()
  reader.int64() // log_append_time
  reader.int64() // log_start_offset
  const ofRecords = reader.array(() => {
    reader.int32()
    return reader.nullableString()
  })
  const ofBatch = reader.nullableString()
  return { topic, partition, error, baseOffset, message: ofRecords.find((text) => text !== undefined) ?? ofBatch }
}
