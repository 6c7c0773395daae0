/**
 * Record batches (message format v2) by their headers. Big endian:
 *
 * ```text
 *  0 base_offset:i64            16 magic:i8 = 2            27 base_timestamp:i64    53 base_sequence:i32
 *  8 length:i32 (of what        17 crc32c:u32 (of what     35 max_timestamp:i64     57 record_count:i32
 *    follows this field)           follows this field)     43 producer_id:i64       61 records, together compressed
 * 12 leader_epoch:i32           21 attributes:i16          51 producer_epoch:i16       when attributes name a codec
 *                               23 last_offset_delta:i32
 *
 * attributes: bits 0–2 codec, 3 timestamps are the broker's (all are max_timestamp), 4 of a transaction, 5 control
 * ```
 */
import { SluiceError } from '../../../../topology/errors.ts'
import { crc32c } from './crc32c.ts'

export const BATCH = {
  LENGTH_AT: 8,
  MAGIC_AT: 16,
  CRC_AT: 17,
  ATTRIBUTES_AT: 21,
  LAST_OFFSET_DELTA_AT: 23,
  BASE_TIMESTAMP_AT: 27,
  MAX_TIMESTAMP_AT: 35,
  PRODUCER_ID_AT: 43,
  PRODUCER_EPOCH_AT: 51,
  BASE_SEQUENCE_AT: 53,
  RECORD_COUNT_AT: 57,
  HEADER_BYTES: 61,
} as const

export const ATTRIBUTES = { CODEC: 0x07, LOG_APPEND_TIME: 0x08, TRANSACTIONAL: 0x10, CONTROL: 0x20 } as const

const MAGIC = 2
/** Length and base offset, which come before what `length` counts. */
const PREFIX_BYTES = 12

/** Where the bytes came from, for errors. */
export interface PartitionName {
  readonly topic: string
  readonly partition: number
}

export interface BatchHeader {
  /** In the buffer it lies in. */
  readonly start: number
  readonly end: number
  readonly baseOffset: number
  readonly lastOffset: number
  readonly attributes: number
  readonly baseTimestampMs: number
  readonly maxTimestampMs: number
  readonly producerId: number
  readonly recordCount: number
}

/**
 * The batches that lie whole in `bytes`; what a response has cut off at its end is left out.
 *
 * @throws {SluiceError} `KAFKA_MESSAGE_FORMAT` for what brokers before 0.11 wrote; `KAFKA_BATCH_CORRUPT`
 */
export function readBatchHeaders(bytes: Buffer, from: PartitionName): BatchHeader[] {
  const headers: BatchHeader[] = []
  let start = 0
  while (start + PREFIX_BYTES <= bytes.length) {
    const length = bytes.readInt32BE(start + BATCH.LENGTH_AT)
    const end = start + PREFIX_BYTES + length
    if (end > bytes.length) break
    const baseOffset = readInt64(bytes, start)
    const magic = length > MAGIC ? bytes[start + BATCH.MAGIC_AT]! : -1
    if (magic === 0 || magic === 1) throw oldFormat(from, baseOffset, magic)
    if (magic !== MAGIC || end < start + BATCH.HEADER_BYTES) {
      throw batchCorrupt(from, baseOffset, `its header says version ${magic} and ${length} bytes`)
    }
    headers.push({
      start,
      end,
      baseOffset,
      lastOffset: baseOffset + bytes.readInt32BE(start + BATCH.LAST_OFFSET_DELTA_AT),
      attributes: bytes.readInt16BE(start + BATCH.ATTRIBUTES_AT),
      baseTimestampMs: readInt64(bytes, start + BATCH.BASE_TIMESTAMP_AT),
      maxTimestampMs: readInt64(bytes, start + BATCH.MAX_TIMESTAMP_AT),
      producerId: readInt64(bytes, start + BATCH.PRODUCER_ID_AT),
      recordCount: bytes.readInt32BE(start + BATCH.RECORD_COUNT_AT),
    })
    start = end
  }
  return headers
}

/** @throws {SluiceError} `KAFKA_BATCH_CORRUPT` when the checksum differs */
export function verifyChecksum(bytes: Buffer, { start, end, baseOffset }: BatchHeader, from: PartitionName): void {
  const expected = bytes.readUInt32BE(start + BATCH.CRC_AT)
  const actual = crc32c(bytes, start + BATCH.ATTRIBUTES_AT, end)
  if (expected !== actual) throw batchCorrupt(from, baseOffset, `its checksum is ${expected}, its bytes give ${actual}`)
}

export function batchCorrupt({ topic, partition }: PartitionName, baseOffset: number, what: string, cause?: unknown) {
  return new SluiceError(
    'KAFKA_BATCH_CORRUPT',
    `topic '${topic}', partition ${partition}: the record batch at offset ${baseOffset} is damaged: ${what}`,
    {
      cause,
      fix: "Check the broker's disk (bin/kafka-dump-log.sh --deep-iteration shows the batch); to go on without it, start from an offset behind it.",
      details: { topic, partition, offset: String(baseOffset) },
    },
  )
}

function oldFormat({ topic, partition }: PartitionName, baseOffset: number, magic: number): SluiceError {
  return new SluiceError(
    'KAFKA_MESSAGE_FORMAT',
    `topic '${topic}', partition ${partition}: offset ${baseOffset} is in message format v${magic}, which is not read`,
    {
      fix: 'Records written before Kafka 0.11 have to be written anew: copy the topic with a recent client, or upgrade the brokers to 4.0, which no longer give the format out.',
      details: { topic, partition, offset: String(baseOffset), magic },
    },
  )
}

function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 4_294_967_296 + bytes.readUInt32BE(at + 4)
}
