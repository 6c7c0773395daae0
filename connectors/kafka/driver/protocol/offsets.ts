/** Offsets by time, and those that groups have committed: ListOffsets 2, OffsetFetch 4, OffsetCommit 5, FindCoordinator 2. */
import type { Api } from './api.ts'
import { errorName, type KafkaErrorName } from './error-codes.ts'
import { RequestWriter } from './request-writer.ts'
import { ResponseReader } from './response-reader.ts'

/** In place of a timestamp. */
export const LATEST = -1
export const EARLIEST = -2

export interface PartitionOffset {
  readonly partition: number
  readonly error: KafkaErrorName
  /** −1: none. */
  readonly offset: number
}

export interface ListOffsetsRequest {
  readonly topic: string
  readonly partitions: readonly number[]
  /** Or {@link LATEST}: the high watermark; {@link EARLIEST}. */
  readonly timestampMs: number
}

export const listOffsetsApi: Api<ListOffsetsRequest, readonly PartitionOffset[]> = {
  apiKey: 2,
  apiVersion: 2,
  apiName: 'ListOffsets',
  encode({ topic, partitions, timestampMs }) {
    const readUncommitted = 0
    const writer = new RequestWriter().int32(-1).int8(readUncommitted).int32(1).string(topic)
    return writer.array(partitions, (partition) => writer.int32(partition).int64(timestampMs)).view()
  },
  decode(payload) {
    const reader = new ResponseReader(payload)
    reader.int32() // throttle_time_ms
    return readPartitions(reader, () => {
      const partition = reader.int32()
      const error = errorName(reader.int16())
      reader.int64() // timestamp
      return { partition, error, offset: reader.int64() }
    })
  },
}

export interface GroupOffsets {
  readonly error: KafkaErrorName
  readonly partitions: readonly PartitionOffset[]
}

export const offsetFetchApi: Api<
  { readonly group: string; readonly topic: string; readonly partitions: readonly number[] },
  GroupOffsets
> = {
  apiKey: 9,
  apiVersion: 4,
  apiName: 'OffsetFetch',
  encode({ group, topic, partitions }) {
    const writer = new RequestWriter().string(group).int32(1).string(topic)
    return writer.array(partitions, (partition) => writer.int32(partition)).view()
  },
  decode(payload) {
    const reader = new ResponseReader(payload)
    reader.int32() // throttle_time_ms
    const partitions = readPartitions(reader, () => {
      const partition = reader.int32()
      const offset = reader.int64()
      reader.nullableString() // metadata
      return { partition, offset, error: errorName(reader.int16()) }
    })
    return { partitions, error: errorName(reader.int16()) }
  },
}

export const offsetCommitApi: Api<
  { readonly group: string; readonly topic: string; readonly offsets: ReadonlyMap<number, number> },
  readonly { readonly partition: number; readonly error: KafkaErrorName }[]
> = {
  apiKey: 8,
  apiVersion: 5,
  apiName: 'OffsetCommit',
  encode({ group, topic, offsets }) {
    const noGeneration = -1
    const writer = new RequestWriter().string(group).int32(noGeneration).string('').int32(1).string(topic)
    return writer
      .array([...offsets], ([partition, offset]) => writer.int32(partition).int64(offset).nullableString(undefined))
      .view()
  },
  decode(payload) {
    const reader = new ResponseReader(payload)
    reader.int32() // throttle_time_ms
    return readPartitions(reader, () => ({ partition: reader.int32(), error: errorName(reader.int16()) }))
  },
}

export type CoordinatorKind = 'group' | 'transaction'

export interface Coordinator {
  readonly error: KafkaErrorName
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

export const findCoordinatorApi: Api<{ readonly kind: CoordinatorKind; readonly id: string }, Coordinator> = {
  apiKey: 10,
  apiVersion: 2,
  apiName: 'FindCoordinator',
  encode: ({ kind, id }) =>
    new RequestWriter()
      .string(id)
      .int8(kind === 'group' ? 0 : 1)
      .view(),
  decode(payload) {
    const reader = new ResponseReader(payload)
    reader.int32() // throttle_time_ms
    const error = errorName(reader.int16())
    reader.nullableString() // What the error's name says.
    return { error, nodeId: reader.int32(), host: reader.string(), port: reader.int32() }
  },
}

/** Of a response about one topic. */
function readPartitions<T>(reader: ResponseReader, read: () => T): T[] {
  return reader
    .array(() => {
      reader.string()
      return reader.array(read)
    })
    .flat()
}
