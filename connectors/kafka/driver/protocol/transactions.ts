/**
 * A producer's id and its transactions: InitProducerId 1, AddPartitionsToTxn 2, EndTxn 2. Versions 2 tell a producer
 * that has been shut out by PRODUCER_FENCED; before, it was INVALID_PRODUCER_EPOCH.
 */
import type { Api } from './api.ts'
import { errorName, type KafkaErrorName } from './error-codes.ts'
import { RequestWriter } from './request-writer.ts'
import { ResponseReader } from './response-reader.ts'

export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
}

export const initProducerIdApi: Api<
  { readonly transactionalId: string | undefined; readonly transactionTimeoutMs: number },
  ProducerIdentity & { readonly error: KafkaErrorName }
> = {
  apiKey: 22,
  apiVersion: 1,
  apiName: 'InitProducerId',
  encode: ({ transactionalId, transactionTimeoutMs }) =>
    new RequestWriter().nullableString(transactionalId).int32(transactionTimeoutMs).view(),
  decode(payload) {
    const reader = new ResponseReader(payload)
    reader.int32() // throttle_time_ms
    return { error: errorName(reader.int16()), producerId: reader.int64(), producerEpoch: reader.int16() }
  },
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

interface Transaction extends ProducerIdentity {
  readonly transactionalId: string
}

export const addPartitionsApi: Api<
  Transaction & { readonly partitions: readonly TopicPartition[] },
  readonly (TopicPartition & { readonly error: KafkaErrorName })[]
> = {
  apiKey: 24,
  apiVersion: 2,
  apiName: 'AddPartitionsToTxn',
  encode({ transactionalId, producerId, producerEpoch, partitions }) {
    const writer = new RequestWriter().string(transactionalId).int64(producerId).int16(producerEpoch)
    return writer
      .array([...Map.groupBy(partitions, ({ topic }) => topic)], ([topic, ofTopic]) =>
        writer.string(topic).array(ofTopic, ({ partition }) => writer.int32(partition)),
      )
      .view()
  },
  decode(payload) {
    const reader = new ResponseReader(payload)
    reader.int32() // throttle_time_ms
    return reader
      .array(() => {
        const topic = reader.string()
        return reader.array(() => ({ topic, partition: reader.int32(), error: errorName(reader.int16()) }))
      })
      .flat()
  },
}

export const endTransactionApi: Api<Transaction & { readonly commit: boolean }, { readonly error: KafkaErrorName }> = {
  apiKey: 26,
  apiVersion: 2,
  apiName: 'EndTxn',
  encode: ({ transactionalId, producerId, producerEpoch, commit }) =>
    new RequestWriter()
      .string(transactionalId)
      .int64(producerId)
      .int16(producerEpoch)
      .int8(commit ? 1 : 0)
      .view(),
  decode(payload) {
    const reader = new ResponseReader(payload)
    reader.int32() // throttle_time_ms
    return { error: errorName(reader.int16()) }
  },
}
