/**
 * Records of one partition packed into one blob: what the log stores, and what a sink stages.
 *
 * Layout for n records, little endian:
 *
 *     n × f64   timestamp, milliseconds since the epoch
 *     n × u32   end of the key, counted from the start of the data; the top bit is set when the key is null
 *     n × u32   end of the value; the top bit is set when the value is null
 *     data      key 0, value 0, key 1, value 1, …
 *     headers   see record-headers.ts; absent when no record has any
 *
 * Offsets are not in it: they are assigned when the batch is appended, as its base offset + position.
 */
import { crc32 } from 'node:zlib'
import type { SourceRecord } from '../../topology/contract/source.ts'
import type { OutgoingRecord } from '../../topology/contract/topic.ts'
import { headersSize, packHeaders, unpackHeaders } from './record-headers.ts'

export interface PackedBatch {
  readonly recordCount: number
  readonly maxTimestampMs: number
  readonly crc32: number
  readonly bytes: Uint8Array
}

const HEADER_BYTES = 16
const NULL = 0x80000000
const END_MASK = 0x7fffffff

/** What a record takes in a batch. */
export function packedSize({ key, value, headers }: OutgoingRecord): number {
  return HEADER_BYTES + (key?.length ?? 0) + (value?.length ?? 0) + headersSize(headers)
}

/** Packs records in order; those without a timestamp get `nowMs`. Together they must stay below 2 GiB. */
export function packRecords(records: readonly OutgoingRecord[], nowMs: number): PackedBatch {
  const count = records.length
  let sizeBytes = count * HEADER_BYTES
  let hasHeaders = false
  for (const { key, value, headers } of records) {
    sizeBytes += (key?.length ?? 0) + (value?.length ?? 0)
    hasHeaders ||= headers !== undefined && headers.length > 0
  }
  const packedHeaders = hasHeaders ? packHeaders(records) : undefined
  const bytes = Buffer.allocUnsafe(sizeBytes + (packedHeaders?.length ?? 0))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const dataStart = count * HEADER_BYTES
  let end = 0
  const put = (part: Uint8Array | null, endAt: number) => {
    if (part !== null) {
      bytes.set(part, dataStart + end)
      end += part.length
    }
    view.setUint32(endAt, part === null ? (end | NULL) >>> 0 : end, true)
  }
  let maxTimestampMs = Number.NEGATIVE_INFINITY
  for (let i = 0; i < count; i++) {
    const { key, value, timestampMs = nowMs } = records[i]!
    if (timestampMs > maxTimestampMs) maxTimestampMs = timestampMs
    view.setFloat64(i * 8, timestampMs, true)
    put(key, count * 8 + i * 4)
    put(value, count * 12 + i * 4)
  }
  if (packedHeaders !== undefined) bytes.set(packedHeaders, sizeBytes)
  return { recordCount: count, maxTimestampMs, crc32: crc32(bytes), bytes }
}

/** A stored batch whose checksum has been verified, ready to hand out its records. */
export class RecordBatch {
  readonly baseOffset: number
  readonly recordCount: number
  private readonly bytes: Buffer
  private readonly view: DataView

  constructor(baseOffset: number, recordCount: number, bytes: Uint8Array) {
    this.baseOffset = baseOffset
    this.recordCount = recordCount
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  timestampMs(index: number): number {
    return this.view.getFloat64(index * 8, true)
  }

  /** Of the values of the records [from, to). */
  valueBytes(from: number, to: number): number {
    const { view, recordCount } = this
    let bytes = 0
    for (let i = from; i < to; i++) {
      const keyEnd = view.getUint32(recordCount * 8 + i * 4, true) & END_MASK
      bytes += (view.getUint32(recordCount * 12 + i * 4, true) & END_MASK) - keyEnd
    }
    return bytes
  }

  /** Keys and values of the records [from, to). */
  data(from: number, to: number): Uint8Array {
    const dataStart = this.recordCount * HEADER_BYTES
    return this.bytes.subarray(dataStart + this.endOf(from - 1), dataStart + this.endOf(to - 1))
  }

  /** Where the values of the records [from, to) lie in a memory that has their {@link data} at `at`; a start of −1: null. */
  placeValues(from: number, to: number, at: number, starts: Int32Array, ends: Int32Array): void {
    const { view, recordCount } = this
    const shift = at - this.endOf(from - 1)
    for (let i = from; i < to; i++) {
      const valueMark = view.getUint32(recordCount * 12 + i * 4, true)
      const keyEnd = view.getUint32(recordCount * 8 + i * 4, true) & END_MASK
      starts[i - from] = valueMark >= NULL ? -1 : shift + keyEnd
      ends[i - from] = shift + (valueMark & END_MASK)
    }
  }

  /** Appends the records [from, to) to `rows`; keys and values are views into the batch's own bytes. */
  unpack(topic: string, partition: number, from: number, to: number, rows: SourceRecord[]): void {
    const { bytes, view, recordCount, baseOffset } = this
    const keyEnds = recordCount * 8
    const valueEnds = recordCount * 12
    const dataStart = recordCount * HEADER_BYTES
    let start = dataStart + this.endOf(from - 1)
    const headersStart = dataStart + this.endOf(recordCount - 1)
    const headersOf = unpackHeaders(bytes.subarray(headersStart), recordCount)
    for (let i = from; i < to; i++) {
      const keyMark = view.getUint32(keyEnds + i * 4, true)
      const valueMark = view.getUint32(valueEnds + i * 4, true)
      const keyEnd = dataStart + (keyMark & END_MASK)
      const valueEnd = dataStart + (valueMark & END_MASK)
      rows.push({
        topic,
        partition,
        offset: BigInt(baseOffset + i),
        timestampMs: view.getFloat64(i * 8, true),
        key: keyMark >= NULL ? null : bytes.subarray(start, keyEnd),
        value: valueMark >= NULL ? null : bytes.subarray(keyEnd, valueEnd),
        headers: headersOf?.(i),
      })
      start = valueEnd
    }
  }
  /** Where a record's key and value end in the data; those before the first, at its start. */
  private endOf(index: number): number {
    return index < 0 ? 0 : this.view.getUint32(this.recordCount * 12 + index * 4, true) & END_MASK
  }
}
