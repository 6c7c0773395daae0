/** Configuration of a topic: DescribeConfigs 2, IncrementalAlterConfigs 0. */
import type { Api } from './api.ts'
import { errorName } from './error-codes.ts'
import { RequestWriter } from './request-writer.ts'
import { ResponseReader } from './response-reader.ts'
import type { Outcome } from './topics.ts'

const TOPIC = 2
const SET = 0
/** Where a value comes from: the topic itself; others are defaults of the broker, or of Kafka. */
const FROM_TOPIC = 1

export interface TopicConfig extends Outcome {
  readonly entries: ReadonlyMap<string, { readonly value: string; readonly isDefault: boolean }>
}

export const describeConfigsApi: Api<{ readonly topic: string }, TopicConfig> = {
  apiKey: 32,
  apiVersion: 2,
  apiName: 'DescribeConfigs',
  encode: ({ topic }) => new RequestWriter().int32(1).int8(TOPIC).string(topic).int32(-1).int8(0).view(),
  decode(payload) {
    const reader = new ResponseReader(payload)
    reader.int32() // throttle_time_ms
    const [config] = reader.array(() => {
      const outcome = readOutcome(reader)
      const entries = reader.array(() => {
        const name = reader.string()
        const value = reader.nullableString() ?? ''
        reader.int8() // read_only
        const isDefault = reader.int8() !== FROM_TOPIC
        reader.int8() // sensitive
        reader.array(() => {
          reader.string()
          reader.nullableString()
          reader.int8()
        })
        return [name, { value, isDefault }] as const
      })
      return { ...outcome, entries: new Map(entries) }
    })
    return config!
  },
}

/** Sets what is given, and leaves the rest. */
export const alterConfigsApi: Api<
  { readonly topic: string; readonly config: Readonly<Record<string, string>> },
  Outcome
> = {
  apiKey: 44,
  apiVersion: 0,
  apiName: 'IncrementalAlterConfigs',
  encode({ topic, config }) {
    const writer = new RequestWriter().int32(1).int8(TOPIC).string(topic)
    writer.array(Object.entries(config), ([name, value]) => writer.string(name).int8(SET).string(value))
    return writer.int8(0).view()
  },
  decode(payload) {
    const reader = new ResponseReader(payload)
    reader.int32() // throttle_time_ms
    return reader.array(() => readOutcome(reader))[0]!
  },
}

function readOutcome(reader: ResponseReader): Outcome {
  const outcome = { error: errorName(reader.int16()), message: reader.nullableString() }
  reader.int8() // type and name of the one resource that was asked about
  reader.string()
  return outcome
}
