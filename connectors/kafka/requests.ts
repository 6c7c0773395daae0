/** Cuts records by partition into requests, each with what a broker takes of a partition at a time. */
import type { OutgoingRecord } from '../../topology/contract/topic.ts'
import { BATCH_OVERHEAD_BYTES, recordBytes } from '../../topology/record-bytes.ts'
import type { PartitionRecords } from './driver/driver.ts'
import type { KnownTopic } from './known-topic.ts'

/** Of a batch, bytes: larger ones make nothing faster, and no driver has to cut these. */
const MAX_BATCH_BYTES = 512 << 10

/** How many bytes a batch for a topic may have. */
export function batchLimitOf({ maxMessageBytes }: KnownTopic): number {
  return Math.min(MAX_BATCH_BYTES, maxMessageBytes)
}

/** In order: the records of a partition that are in a later request lie behind those of an earlier one. */
export function requestsOf(topic: KnownTopic, groups: readonly (readonly OutgoingRecord[])[]): PartitionRecords[][] {
  const requests: PartitionRecords[][] = []
  groups.forEach((group, partition) => {
    batchesOf(group, batchLimitOf(topic)).forEach((records, at) => {
      requests[at] ??= []
      requests[at].push({ topic: topic.name, partition, records })
    })
  })
  return requests
}

/** A record that is larger than a batch may be has one of its own. */
function batchesOf(records: readonly OutgoingRecord[], maxBytes: number): (readonly OutgoingRecord[])[] {
  const batches: (readonly OutgoingRecord[])[] = []
  let start = 0
  let bytes = BATCH_OVERHEAD_BYTES
  records.forEach((record, at) => {
    const added = recordBytes(record)
    if (bytes + added > maxBytes && at > start) {
      batches.push(records.slice(start, at))
      start = at
      bytes = BATCH_OVERHEAD_BYTES
    }
    bytes += added
  })
  if (start < records.length) batches.push(start === 0 ? records : records.slice(start))
  return batches
}
