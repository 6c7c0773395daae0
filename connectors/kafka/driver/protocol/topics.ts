/** Making, growing and deleting topics: CreateTopics 4, CreatePartitions 1, DeleteTopics 3. One topic a request. */
import type { NewTopic } from '../driver.ts'
import type { Api } from './api.ts'
import { errorName, type KafkaErrorName } from './error-codes.ts'
import { RequestWriter } from './request-writer.ts'
import { ResponseReader } from './response-reader.ts'

/** What became of it, and what the broker says to it. */
export interface Outcome {
  readonly error: KafkaErrorName
  readonly message?: string | undefined
}

interface Timed {
  /** The broker answers after so long, done or not. */
  readonly timeoutMs: number
}

const DEFAULT = -1

export const createTopicApi: Api<NewTopic & Timed, Outcome> = {
  apiKey: 19,
  apiVersion: 4,
  apiName: 'CreateTopics',
  encode({ topic, partitions, replicationFactor, config, timeoutMs }) {
    const writer = new RequestWriter()
    writer
      .int32(1)
      .string(topic)
      .int32(partitions)
      .int16(replicationFactor ?? DEFAULT)
      .int32(0)
    writer.array(Object.entries(config), ([name, value]) => writer.string(name).string(value))
    return writer.int32(timeoutMs).int8(0).view()
  },
  decode: (payload) => readOutcome(payload, true),
}

export const createPartitionsApi: Api<{ readonly topic: string; readonly count: number } & Timed, Outcome> = {
  apiKey: 37,
  apiVersion: 1,
  apiName: 'CreatePartitions',
  encode({ topic, count, timeoutMs }) {
    return new RequestWriter().int32(1).string(topic).int32(count).int32(-1).int32(timeoutMs).int8(0).view()
  },
  decode: (payload) => readOutcome(payload, true),
}

export const deleteTopicApi: Api<{ readonly topic: string } & Timed, Outcome> = {
  apiKey: 20,
  apiVersion: 3,
  apiName: 'DeleteTopics',
  encode: ({ topic, timeoutMs }) => new RequestWriter().int32(1).string(topic).int32(timeoutMs).view(),
  decode: (payload) => readOutcome(payload, false),
}

function readOutcome(payload: Buffer, hasMessage: boolean): Outcome {
  const reader = new ResponseReader(payload)
  reader.int32() // throttle_time_ms
  const [outcome] = reader.array(() => {
    reader.string()
    const error = errorName(reader.int16())
    return { error, message: hasMessage ? reader.nullableString() : undefined }
  })
  return outcome!
}
