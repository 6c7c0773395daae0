/** A cluster of one broker at the other end of a line: it answers in Kafka's bytes, as a test says. */

import { ClientDriver } from '../../../../../connectors/kafka/driver/client/client-driver.ts'
import type { Line, LineRequest } from '../../../../../connectors/kafka/driver/client/line.ts'
import type { KafkaDriver } from '../../../../../connectors/kafka/driver/driver.ts'
import { BATCH } from '../../../../../connectors/kafka/driver/protocol/record-batch.ts'
import { RequestWriter } from '../../../../../connectors/kafka/driver/protocol/request-writer.ts'
import { ResponseReader } from '../../../../../connectors/kafka/driver/protocol/response-reader.ts'
import type { KafkaSettings } from '../../../../../connectors/kafka/settings.ts'
import { recordingLogger } from '../../../../support/silent.ts'

/** A batch that has reached the broker. */
export interface ReceivedBatch {
  readonly topic: string
  readonly partition: number
  readonly baseSequence: number
}

const NODE = 1
const HOST = { host: 'broker', port: 9092 }
/** Of every API, so that none is missing. */
const ALL_VERSIONS = { keys: 68, min: 0, max: 20 }

export class ScriptedBroker {
  /** How many partitions each topic has. */
  readonly topics = new Map<string, number>()
  readonly received: ReceivedBatch[] = []
  /** By API: how many requests came. */
  readonly requests = new Map<string, number>()
  /** Error codes for the next requests of an API; 0 when there is none left. */
  readonly errors = new Map<string, number[]>()
  /** APIs that get no answer. */
  readonly silent = new Set<string>()
  private readonly settings = {
    bootstrapServers: ['broker:9092'],
    requestTimeoutMs: 30,
    connectTimeoutMs: 30,
  } as unknown as KafkaSettings

  driver(): KafkaDriver {
    return new ClientDriver({ settings: this.settings, logger: recordingLogger(), openLine: () => this.open() })
  }

  private open() {
    let isOpen = true
    const line: Line = {
      isOpen: () => isOpen,
      send: async (request) => await this.receive(request),
      destroy() {
        isOpen = false
      },
    }
    return { line, ready: Promise.resolve() }
  }

  private async receive({ apiName, payload }: LineRequest): Promise<Buffer> {
    this.requests.set(apiName, (this.requests.get(apiName) ?? 0) + 1)
    const error = this.errors.get(apiName)?.shift() ?? 0
    const answer = this.answer(apiName, new ResponseReader(payload), error)
    return this.silent.has(apiName) ? await new Promise<never>(() => {}) : answer.view()
  }

  private answer(apiName: string, request: ResponseReader, error: number): RequestWriter {
    const answer = new RequestWriter()
    switch (apiName) {
      case 'ApiVersions': {
        const keys = Array.from({ length: ALL_VERSIONS.keys }, (_, key) => key)
        return answer
          .int16(error)
          .array(keys, (key) => answer.int16(key).int16(ALL_VERSIONS.min).int16(ALL_VERSIONS.max))
      }
      case 'Metadata':
        return this.metadata(answer)
      case 'FindCoordinator':
        return answer.int32(0).int16(error).nullableString(undefined).int32(NODE).string(HOST.host).int32(HOST.port)
      case 'InitProducerId':
        return answer.int32(0).int16(error).int64(1_000).int16(0)
      case 'AddPartitionsToTxn': {
        request.string()
        request.int64()
        request.int16()
        return answer.int32(0).array(
          readTopics(request, () => undefined),
          ({ topic, partitions }) =>
            answer.string(topic).array(partitions, ({ partition }) => answer.int32(partition).int16(error)),
        )
      }
      case 'EndTxn':
        return answer.int32(0).int16(error)
      case 'Produce':
        return this.produce(answer, request, error)
      default:
        throw new Error(`no answer to ${apiName}`)
    }
  }

  private metadata(answer: RequestWriter): RequestWriter {
    answer.int32(0).array([NODE], (node) => answer.int32(node).string(HOST.host).int32(HOST.port).int16(-1))
    return answer
      .int16(-1)
      .int32(NODE)
      .array([...this.topics], ([topic, count]) =>
        answer
          .int16(0)
          .string(topic)
          .int8(0)
          .array(
            Array.from({ length: count }, (_, partition) => partition),
            (partition) => answer.int16(0).int32(partition).int32(NODE).int32(0).int32(0).int32(0),
          ),
      )
  }

  private produce(answer: RequestWriter, request: ResponseReader, error: number): RequestWriter {
    request.nullableString()
    request.int16()
    request.int32()
    const topics = readTopics(request, () => request.bytes().readInt32BE(BATCH.BASE_SEQUENCE_AT))
    for (const { topic, partitions } of topics) {
      for (const { partition, rest } of partitions) this.received.push({ topic, partition, baseSequence: rest })
    }
    return answer
      .array(topics, ({ topic, partitions }) =>
        answer
          .string(topic)
          .array(partitions, ({ partition }) =>
            answer.int32(partition).int16(error).int64(0).int64(-1).int64(0).int32(0).int16(-1),
          ),
      )
      .int32(0)
  }
}

function readTopics<T>(request: ResponseReader, readRest: () => T) {
  return request.array(() => ({
    topic: request.string(),
    partitions: request.array(() => ({ partition: request.int32(), rest: readRest() })),
  }))
}
