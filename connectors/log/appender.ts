/** Appends packed batches to partitions: offsets are assigned inside the transaction, dense per partition. */
import type { StatementSync } from 'node:sqlite'
import type { OutgoingRecord } from '../../topology/contract/topic.ts'
import { SluiceError } from '../../topology/errors.ts'
import { type PackedBatch, packedSize, packRecords } from './record-batch.ts'
import { Retention } from './retention.ts'
import type { LogStore } from './store.ts'
import type { Topic } from './topics.ts'

/** One read of the reader takes about this many rows: larger batches would be read for nothing. */
const BATCH_RECORDS = 1024
const BATCH_BYTES = 1 << 20
/** Well below what SQLite takes in one value. */
const MAX_RECORD_BYTES = 128 << 20

/** Batches of one partition, in order. */
export interface PartitionBatches {
  readonly partition: number
  readonly batches: readonly PackedBatch[]
}

/** Packs the records of one partition into batches of at most 1,024 records and, single records aside, 1 MiB. */
export function packBatches(topic: string, records: readonly OutgoingRecord[], nowMs: number): PackedBatch[] {
  const batches: PackedBatch[] = []
  let start = 0
  let sizeBytes = 0
  for (let i = 0; i < records.length; i++) {
    const recordBytes = packedSize(records[i]!)
    if (recordBytes > MAX_RECORD_BYTES) throw recordTooLarge(topic, recordBytes)
    if (i - start === BATCH_RECORDS || (sizeBytes + recordBytes > BATCH_BYTES && i > start)) {
      batches.push(packRecords(records.slice(start, i), nowMs))
      start = i
      sizeBytes = 0
    }
    sizeBytes += recordBytes
  }
  if (start < records.length) {
    batches.push(packRecords(start === 0 ? records : records.slice(start), nowMs))
  }
  return batches
}

export class Appender {
  private readonly store: LogStore
  private readonly retention: Retention
  private readonly nextOffset: StatementSync
  private readonly advance: StatementSync
  private readonly insert: StatementSync

  constructor(store: LogStore) {
    this.store = store
    this.retention = new Retention(store)
    this.nextOffset = store.prepareWrite('SELECT next_offset FROM partition WHERE topic_id = ? AND partition = ?')
    this.advance = store.prepareWrite('UPDATE partition SET next_offset = ? WHERE topic_id = ? AND partition = ?')
    this.insert = store.prepareWrite(`
      INSERT INTO record_batch (topic_id, partition, base_offset, record_count, max_timestamp_ms, crc32, packed)
      VALUES (?, ?, ?, ?, ?, ?, ?)`)
  }

  /** Called inside a write transaction. Returns the base offset of each partition's first batch, in the order given. */
  append(topic: Topic, partitions: readonly PartitionBatches[]): number[] {
    const { topicId } = topic
    const baseOffsets: number[] = []
    for (const { partition, batches } of partitions) {
      let offset = this.nextOffset.get(topicId, partition)!['next_offset'] as number
      baseOffsets.push(offset)
      for (const { recordCount, maxTimestampMs, crc32, bytes } of batches) {
        this.insert.run(topicId, partition, offset, recordCount, maxTimestampMs, crc32, bytes)
        offset += recordCount
      }
      this.advance.run(offset, topicId, partition)
    }
    this.retention.trim(topic, this.store.clock.nowMs())
    return baseOffsets
  }
}

function recordTooLarge(topic: string, sizeBytes: number): SluiceError {
  return new SluiceError('RECORD_TOO_LARGE', `topic '${topic}': a record of ${sizeBytes} bytes`, {
    fix: `Records may have up to ${MAX_RECORD_BYTES} bytes; keep larger objects elsewhere and publish a reference.`,
    details: { topic, sizeBytes, maxBytes: MAX_RECORD_BYTES },
  })
}
