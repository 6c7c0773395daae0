/**
 * Fetch, version 11: the request, and the response down to each partition's bytes, which stay undecoded.
 *
 * ```text
 * request  => replica_id:i32 max_wait_ms:i32 min_bytes:i32 max_bytes:i32 isolation_level:i8 session_id:i32
 *             session_epoch:i32 [topics] [forgotten_topics] rack_id:string
 *   topics => topic:string [partition:i32 leader_epoch:i32 fetch_offset:i64 log_start_offset:i64 partition_max_bytes:i32]
 *
 * response => throttle_time_ms:i32 error_code:i16 session_id:i32 [responses]
 *   responses => topic:string [partition:i32 error_code:i16 high_watermark:i64 last_stable_offset:i64
 *                log_start_offset:i64 [producer_id:i64 first_offset:i64] preferred_read_replica:i32 records:bytes]
 * ```
 */
import type { IsolationLevel } from '../driver.ts'
import type { Api } from './api.ts'
import { errorName, type KafkaErrorName } from './error-codes.ts'
import { RequestWriter } from './request-writer.ts'
import { ResponseReader } from './response-reader.ts'

const CONSUMER = -1
const NO_SESSION = { id: 0, epoch: -1 }
const UNKNOWN = -1

export interface FetchRequest {
  readonly topic: string
  readonly isolation: IsolationLevel
  readonly maxWaitMs: number
  /** Of the whole response; a first batch that is larger comes whole all the same (KIP-74). */
  readonly maxBytes: number
  readonly partitionBytes: number
  /** In this order: a response that is full leaves out the last. */
  readonly partitions: readonly { readonly partition: number; readonly offset: number }[]
}

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export interface PartitionResponse {
  readonly partition: number
  readonly error: KafkaErrorName
  readonly highWatermark: number
  /** As read_uncommitted: the high watermark. */
  readonly lastStableOffset: number
  readonly logStartOffset: number
  /** By their first offset; of those that reach into `records`. */
  readonly aborted: readonly AbortedTransaction[]
  /** Whole record batches, the last of which may be cut off. */
  readonly records: Buffer
}

export interface FetchResponse {
  readonly partitions: readonly PartitionResponse[]
}

export const fetchApi: Api<FetchRequest, FetchResponse> = {
  apiKey: 1,
  apiVersion: 11,
  apiName: 'Fetch',
  encode,
  decode,
}

function encode(request: FetchRequest): Buffer {
  const writer = new RequestWriter(128 + request.partitions.length * 28)
  writer
    .int32(CONSUMER)
    .int32(request.maxWaitMs)
    .int32(1)
    .int32(request.maxBytes)
    .int8(request.isolation === 'read_committed' ? 1 : 0)
    .int32(NO_SESSION.id)
    .int32(NO_SESSION.epoch)
    .int32(1)
    .string(request.topic)
    .array(request.partitions, ({ partition, offset }) => {
      writer.int32(partition).int32(UNKNOWN).int64(offset).int64(UNKNOWN).int32(request.partitionBytes)
    })
    .int32(0)
    .string('')
  return writer.view()
}

/** Of a fetch of one topic. */
function decode(payload: Buffer): FetchResponse {
  const reader = new ResponseReader(payload)
  reader.int32() // throttle_time_ms
  reader.int16() // Of fetch sessions, which are not used.
  reader.int32()
  const topics = reader.array(() => {
    reader.string()
    return reader.array(() => decodePartition(reader))
  })
  return { partitions: topics.flat() }
}

function decodePartition(reader: ResponseReader): PartitionResponse {
  const partition = reader.int32()
  const error = errorName(reader.int16())
  const highWatermark = reader.int64()
  const lastStableOffset = reader.int64()
  const logStartOffset = reader.int64()
  const aborted = reader.array(() => ({ producerId: reader.int64(), firstOffset: reader.int64() }))
  reader.int32() // The replica to be preferred: only told to a client that names its rack.
  return {
    partition,
    error,
    highWatermark,
    lastStableOffset: lastStableOffset < 0 ? highWatermark : lastStableOffset,
    logStartOffset,
    aborted: aborted.sort((a, b) => a.firstOffset - b.firstOffset),
    records: reader.bytes(),
  }
}
