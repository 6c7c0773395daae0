/** Metadata, version 5: brokers, and the partitions of topics with their leaders. */
import type { Api } from './api.ts'
import { errorName, type KafkaErrorName } from './error-codes.ts'
import { RequestWriter } from './request-writer.ts'
import { ResponseReader } from './response-reader.ts'

export interface BrokerAddress {
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

export interface TopicResponse {
  readonly topic: string
  readonly error: KafkaErrorName
  readonly isInternal: boolean
  /** In order. A leader of −1: none. */
  readonly partitions: readonly { readonly partition: number; readonly leader: number; readonly replicas: number }[]
}

export interface MetadataResponse {
  readonly brokers: readonly BrokerAddress[]
  readonly controllerId: number
  readonly topics: readonly TopicResponse[]
}

/** Of these topics, or of all. Asking makes none. */
export const metadataApi: Api<readonly string[] | 'all', MetadataResponse> = {
  apiKey: 3,
  apiVersion: 5,
  apiName: 'Metadata',
  encode(topics) {
    const writer = new RequestWriter()
    if (topics === 'all') writer.int32(-1)
    else writer.array(topics, (topic) => writer.string(topic))
    return writer.int8(0).view()
  },
  decode(payload) {
    const reader = new ResponseReader(payload)
    reader.int32() // throttle_time_ms
    const brokers = reader.array(() => {
      const broker = { nodeId: reader.int32(), host: reader.string(), port: reader.int32() }
      reader.nullableString() // rack
      return broker
    })
    reader.nullableString() // cluster_id
    return { brokers, controllerId: reader.int32(), topics: reader.array(() => readTopic(reader)) }
  },
}

function readTopic(reader: ResponseReader): TopicResponse {
  const error = errorName(reader.int16())
  const topic = reader.string()
  const isInternal = reader.int8() === 1
  const partitions = reader.array(() => {
    reader.int16() // Of the partition: it has no leader, which −1 says too.
    const partition = reader.int32()
    const leader = reader.int32()
    const replicas = reader.array(() => reader.int32()).length
    reader.array(() => reader.int32()) // in sync
    reader.array(() => reader.int32()) // offline
    return { partition, leader, replicas }
  })
  return { topic, error, isInternal, partitions: partitions.sort((a, b) => a.partition - b.partition) }
}
