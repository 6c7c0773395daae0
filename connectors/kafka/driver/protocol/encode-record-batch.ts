/** Packs records into a record batch (its layout is in record-batch.ts, a record's in decode-records.ts). */
import type { OutgoingRecord, RecordHeader } from '../../../../topology/contract/topic.ts'
import type { Compression } from '../driver.ts'
import { CODECS } from './compression.ts'
import { crc32c } from './crc32c.ts'
import { ATTRIBUTES, BATCH } from './record-batch.ts'
import { RequestWriter } from './request-writer.ts'
import type { ProducerIdentity } from './transactions.ts'

export interface BatchOptions {
  readonly compression: Compression
  /** For records without a timestamp. */
  readonly nowMs: number
  /** Of an idempotent producer. */
  readonly producer?: (ProducerIdentity & { readonly baseSequence: number }) | undefined
  readonly isTransactional?: boolean
}

const NO_PRODUCER = { producerId: -1, producerEpoch: -1, baseSequence: -1 }
/** Beside key, value and headers a record takes at most this, and mostly some 8 bytes. */
const RECORD_OVERHEAD_BYTES = 36

/** At least what the record takes uncompressed. */
export function recordSizeBound({ key, value, headers }: OutgoingRecord): number {
  let sizeBytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
  for (const header of headers ?? []) sizeBytes += 10 + header.key.length * 3 + (header.value?.length ?? 0)
  return sizeBytes
}

/** `records` are not empty. */
export function encodeRecordBatch(records: readonly OutgoingRecord[], options: BatchOptions): Buffer {
  const { compression, nowMs, producer = NO_PRODUCER, isTransactional = false } = options
  let sizeBytes: number = BATCH.HEADER_BYTES
  for (const record of records) sizeBytes += recordSizeBound(record)
  const baseTimestampMs = records[0]!.timestampMs ?? nowMs
  const writer = new RequestWriter(sizeBytes)
  writer
    .int64(0) // The broker gives offsets.
    .int32(0) // length
    .int32(-1) // leader_epoch
    .int8(2)
    .int32(0) // crc32c
    .int16(isTransactional ? ATTRIBUTES.TRANSACTIONAL : 0)
    .int32(records.length - 1)
    .int64(baseTimestampMs)
    .int64(records.reduce((max, { timestampMs }) => Math.max(max, timestampMs ?? nowMs), Number.NEGATIVE_INFINITY))
    .int64(producer.producerId)
    .int16(producer.producerEpoch)
    .int32(producer.baseSequence)
    .int32(records.length)
  for (let i = 0; i < records.length; i++) {
    writeRecord(writer, records[i]!, i, (records[i]!.timestampMs ?? nowMs) - baseTimestampMs)
  }
  return finish(compression === 'none' ? writer : compressed(writer, compression))
}

function writeRecord(writer: RequestWriter, record: OutgoingRecord, offsetDelta: number, timestampDelta: number): void {
  const { key, value, headers = [] } = record
  let length = 1 + varintSize(timestampDelta) + varintSize(offsetDelta)
  length += bytesSize(key) + bytesSize(value) + headersSize(headers)
  writer.varint(length).int8(0).varint(timestampDelta).varint(offsetDelta)
  writeBytes(writer, key)
  writeBytes(writer, value)
  writer.varint(headers.length)
  for (const header of headers) {
    writeBytes(writer, Buffer.from(header.key))
    writeBytes(writer, header.value)
  }
}

function writeBytes(writer: RequestWriter, bytes: Uint8Array | null): void {
  if (bytes === null) writer.varint(-1)
  else writer.varint(bytes.length).bytes(bytes)
}

function headersSize(headers: readonly RecordHeader[]): number {
  let sizeBytes = varintSize(headers.length)
  for (const { key, value } of headers) {
    const keyBytes = Buffer.byteLength(key)
    sizeBytes += varintSize(keyBytes) + keyBytes + bytesSize(value)
  }
  return sizeBytes
}

function bytesSize(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : varintSize(bytes.length) + bytes.length
}

function varintSize(value: number): number {
  let rest = value >= 0 ? value * 2 : value * -2 - 1
  let sizeBytes = 1
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) sizeBytes++
  return sizeBytes
}

/** As it is where that is shorter: what a topic takes must not become too large for it. */
function compressed(writer: RequestWriter, compression: Exclude<Compression, 'none'>): RequestWriter {
  const codec = CODECS[compression]
  const records = codec.compress(writer.view(BATCH.HEADER_BYTES))
  if (BATCH.HEADER_BYTES + records.length >= writer.length) return writer
  const header = writer.view().subarray(0, BATCH.HEADER_BYTES)
  header.writeInt16BE(header.readInt16BE(BATCH.ATTRIBUTES_AT) | codec.id, BATCH.ATTRIBUTES_AT)
  return new RequestWriter(BATCH.HEADER_BYTES + records.length).bytes(header).bytes(records)
}

function finish(writer: RequestWriter): Buffer {
  writer.patchInt32(BATCH.LENGTH_AT, writer.length - BATCH.LENGTH_AT - 4)
  writer.patchUint32(BATCH.CRC_AT, crc32c(writer.view(), BATCH.ATTRIBUTES_AT))
  return writer.view()
}
