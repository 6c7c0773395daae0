/** What one send has for one partition: its records in batches, the first of which is on its way. */
import type { OutgoingRecord } from '../../../../topology/contract/topic.ts'
import type { Compression, PartitionRecords } from '../driver.ts'
import { encodeRecordBatch, recordSizeBound } from '../protocol/encode-record-batch.ts'
import type { ProducerSession } from './producer-session.ts'

/**
 * Uncompressed, of a batch; a record that is larger is a batch alone. Topics take 1 MiB by default, and a fetch brings so
 * much of a partition: what it has to cut off at the end is read again.
 */
const BATCH_BYTES = 480 * 1024

export interface SendOptions {
  readonly compression: Compression
  readonly nowMs: number
  /** Undefined: not idempotent. */
  readonly session: ProducerSession | undefined
  readonly isTransactional: boolean
}

export class PartitionSend {
  readonly topic: string
  readonly partition: number
  /** Of the first batch. */
  baseOffset = -1
  /** Whether the first batch has been sent, and no answer says that it is not there. */
  isUncertain = false
  private readonly options: SendOptions
  private readonly batches: (readonly OutgoingRecord[])[]
  private encoded: Buffer | undefined
  private hasStarted = false

  constructor({ topic, partition, records }: PartitionRecords, options: SendOptions) {
    this.topic = topic
    this.partition = partition
    this.options = options
    this.batches = cutBatches(records)
  }

  get isDone(): boolean {
    return this.batches.length === 0
  }

  /** The bytes of the batch whose turn it is: the same until it is done. */
  get bytes(): Buffer {
    this.encoded ??= this.encode()
    return this.encoded
  }

  /** The records of the batch whose turn it is. */
  get records(): readonly OutgoingRecord[] {
    return this.batches[0]!
  }

  /** The broker has the batch. */
  done(baseOffset: number): void {
    if (!this.hasStarted) this.baseOffset = baseOffset
    this.hasStarted = true
    this.options.session?.advance(this, this.records.length)
    this.batches.shift()
    this.encoded = undefined
    this.isUncertain = false
  }

  /** The broker has refused the batch for its size: in halves it may pass. False for a record that is alone. */
  halve(): boolean {
    const { records } = this
    if (records.length === 1) return false
    const middle = records.length >>> 1
    this.batches.splice(0, 1, records.slice(0, middle), records.slice(middle))
    this.encoded = undefined
    return true
  }

  private encode(): Buffer {
    const { session, compression, nowMs, isTransactional } = this.options
    const producer = session && { ...session.identity, baseSequence: session.sequence(this) }
    return encodeRecordBatch(this.records, { compression, nowMs, producer, isTransactional })
  }
}

function cutBatches(records: readonly OutgoingRecord[]): (readonly OutgoingRecord[])[] {
  const batches: (readonly OutgoingRecord[])[] = []
  let start = 0
  let sizeBytes = 0
  for (let i = 0; i < records.length; i++) {
    const recordBytes = recordSizeBound(records[i]!)
    if (i > start && sizeBytes + recordBytes > BATCH_BYTES) {
      batches.push(records.slice(start, i))
      start = i
      sizeBytes = 0
    }
    sizeBytes += recordBytes
  }
  if (start < records.length) batches.push(start === 0 ? records : records.slice(start))
  return batches
}
