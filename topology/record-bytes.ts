/**
 * How large a record is on its way to a topic of Kafka, before compression: what `max.message.bytes` is held against.
 *
 * The bounds are those of Java's producer (`AbstractRecords.estimateSizeInBytesUpperBound`).
 */
import type { OutgoingRecord } from './contract/topic.ts'

/** What brokers take unless a topic says otherwise. */
export const DEFAULT_MAX_MESSAGE_BYTES = 1_048_588

/** Of a batch, beside its records. */
export const BATCH_OVERHEAD_BYTES = 61

/** Length, attributes, timestamp and offset of a record at most. */
const RECORD_OVERHEAD_BYTES = 21
const VARINT_BYTES = 5

/** What a record takes in a batch, at most. */
export function recordBytes({ key, value, headers }: OutgoingRecord): number {
  let bytes = RECORD_OVERHEAD_BYTES + 3 * VARINT_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
  if (headers === undefined) return bytes
  for (const header of headers) {
    bytes += 2 * VARINT_BYTES + Buffer.byteLength(header.key) + (header.value?.length ?? 0)
  }
  return bytes
}

/**
 * Whether a topic takes the record. What makes records asks, so that those that are too large go elsewhere before a sink
 * has to fail on them.
 */
export function fits(record: OutgoingRecord, maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES): boolean {
  return BATCH_OVERHEAD_BYTES + recordBytes(record) <= maxMessageBytes
}
