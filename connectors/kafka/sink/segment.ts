/**
 * A part of a writer's output, as it waits for its checkpoint. Little endian:
 *
 *     "sluice-segment 1\n"
 *     section    one per partition, each with a checksum in the committable
 *
 * A section holds the records of its partition in order, each of them:
 *
 *     f64 timestamp, milliseconds since the epoch
 *     i32 length of the key, −1: null     i32 length of the value, −1: null     u32 number of headers
 *     key, value
 *     headers    each: u32 length of its key, i32 length of its value, −1: null; key in UTF-8, value
 */
import { crc32 } from 'node:zlib'
import type { OutgoingRecord, RecordHeader } from '../../../topology/contract/topic.ts'
import { SluiceError } from '../../../topology/errors.ts'

/** The records of one partition. */
export interface Section {
  readonly partition: number
  readonly records: number
  /** Bytes of the file. */
  readonly start: number
  readonly end: number
  readonly crc32: number
}

/** What a manifest holds of a segment. */
export interface SegmentCommittable {
  readonly format: 1
  readonly location: string
  readonly sections: readonly Section[]
}

const MAGIC = Buffer.from('sluice-segment 1\n', 'latin1')
const RECORD_BYTES = 20
const HEADER_BYTES = 8

/**
 * @param order partitions in the order that sections are to have
 * @param nowMs the time of records that have none
 */
export function encodeSegment(
  groups: readonly (readonly OutgoingRecord[])[],
  order: readonly number[],
  nowMs: number,
): { readonly bytes: Uint8Array; readonly sections: Section[] } {
  const parts: Buffer[] = [MAGIC]
  const sections: Section[] = []
  let start = MAGIC.length
  for (const partition of order) {
    const records = groups[partition]!
    if (records.length === 0) continue
    const bytes = encodeRecords(records, nowMs)
    const end = start + bytes.length
    sections.push({ partition, records: records.length, start, end, crc32: crc32(bytes) })
    parts.push(bytes)
    start = end
  }
  return { bytes: Buffer.concat(parts), sections }
}

/** What a record takes in a segment. */
export function encodedSize({ key, value, headers = [] }: OutgoingRecord): number {
  let sizeBytes = RECORD_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
  for (const header of headers) sizeBytes += HEADER_BYTES + Buffer.byteLength(header.key) + (header.value?.length ?? 0)
  return sizeBytes
}

function encodeRecords(records: readonly OutgoingRecord[], nowMs: number): Buffer {
  const bytes = Buffer.allocUnsafe(records.reduce((sum, record) => sum + encodedSize(record), 0))
  let at = 0
  const put = (part: Uint8Array | null) => {
    if (part === null) return
    bytes.set(part, at)
    at += part.length
  }
  for (const { key, value, headers = [], timestampMs = nowMs } of records) {
    bytes.writeDoubleLE(timestampMs, at)
    bytes.writeInt32LE(key?.length ?? -1, at + 8)
    bytes.writeInt32LE(value?.length ?? -1, at + 12)
    bytes.writeUInt32LE(headers.length, at + 16)
    at += RECORD_BYTES
    put(key)
    put(value)
    for (const header of headers) {
      const keyStart = at + HEADER_BYTES
      const keyBytes = bytes.write(header.key, keyStart)
      bytes.writeUInt32LE(keyBytes, at)
      bytes.writeInt32LE(header.value?.length ?? -1, at + 4)
      at = keyStart + keyBytes
      put(header.value)
    }
  }
  return bytes
}

/**
 * The records of a section; keys and values are views into its bytes.
 *
 * @param bytes of the section
 * @throws {SluiceError} `SEGMENT_CORRUPT`
 */
export function decodeSection(
  bytes: Uint8Array,
  { records, crc32: expected }: Section,
  location: string,
): OutgoingRecord[] {
  if (crc32(bytes) !== expected) {
    throw new SluiceError('SEGMENT_CORRUPT', `segment ${location} does not match its checksum`, {
      fix: 'Restore the file from a backup; what the job has not put into the topic yet is nowhere else.',
      details: { location },
    })
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const decoded: OutgoingRecord[] = []
  let at = 0
  const take = (length: number): Buffer | null => {
    if (length < 0) return null
    at += length
    return buffer.subarray(at - length, at)
  }
  for (let i = 0; i < records; i++) {
    const timestampMs = buffer.readDoubleLE(at)
    const keyLength = buffer.readInt32LE(at + 8)
    const valueLength = buffer.readInt32LE(at + 12)
    const headerCount = buffer.readUInt32LE(at + 16)
    at += RECORD_BYTES
    const key = take(keyLength)
    const value = take(valueLength)
    if (headerCount === 0) {
      decoded.push({ key, value, timestampMs })
      continue
    }
    const headers: RecordHeader[] = []
    for (let header = 0; header < headerCount; header++) {
      const nameLength = buffer.readUInt32LE(at)
      const length = buffer.readInt32LE(at + 4)
      at += HEADER_BYTES
      const name = take(nameLength)!.toString()
      headers.push({ key: name, value: take(length) })
    }
    decoded.push({ key, value, headers, timestampMs })
  }
  return decoded
}
