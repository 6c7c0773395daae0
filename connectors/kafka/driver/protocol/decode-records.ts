/**
 * The records of one partition in a fetch, decoded set by set when they are taken.
 *
 * ```text
 * record => length:varint attributes:i8 timestamp_delta:varlong offset_delta:varint
 *           key:varint|bytes value:varint|bytes headers (record-headers.ts)
 * ```
 *
 * Batches that lie uncompressed one behind the other become one set over the fetch's own bytes; a compressed batch is a
 * set of its own.
 */
import type { RecordHeader } from '../../../../topology/contract/topic.ts'
import { isSluiceError } from '../../../../topology/errors.ts'
import type { RecordSet } from '../driver.ts'
import { AbortedRanges } from './aborted-ranges.ts'
import { codecOf } from './compression.ts'
import type { AbortedTransaction } from './fetch.ts'
import {
  ATTRIBUTES,
  BATCH,
  type BatchHeader,
  batchCorrupt,
  type PartitionName,
  readBatchHeaders,
  verifyChecksum,
} from './record-batch.ts'
import { readHeaders } from './record-headers.ts'
import { readVarint, varintEnd } from './varint.ts'

export interface FetchedRecords extends PartitionName {
  readonly records: Buffer
  /** What was asked for: a batch may begin before it. */
  readonly fetchOffset: number
  /** None as read_uncommitted. */
  readonly aborted: readonly AbortedTransaction[]
}

export class FetchedPartition {
  readonly partition: number
  /** Where the next fetch begins; `fetchOffset` when not one batch was whole. */
  readonly nextOffset: number
  readonly sizeBytes: number
  private readonly fetched: FetchedRecords
  private readonly batches: readonly BatchHeader[]
  private readonly ranges: AbortedRanges
  private next = 0

  constructor(fetched: FetchedRecords) {
    this.partition = fetched.partition
    this.fetched = fetched
    this.sizeBytes = fetched.records.length
    this.batches = readBatchHeaders(fetched.records, fetched)
    this.ranges = new AbortedRanges(fetched.aborted)
    const last = this.batches.at(-1)
    this.nextOffset = last === undefined ? fetched.fetchOffset : Math.max(fetched.fetchOffset, last.lastOffset + 1)
  }

  /** @throws {SluiceError} `KAFKA_BATCH_CORRUPT`, `CLIENT_MISSING` for a codec */
  take(): RecordSet | undefined {
    if (this.next === this.batches.length) return undefined
    const { records } = this.fetched
    const run: BatchHeader[] = []
    let last: BatchHeader
    do {
      last = this.batches[this.next]!
      const isCompressed = (last.attributes & ATTRIBUTES.CODEC) !== 0
      if (isCompressed && run.length > 0) break
      this.next++
      verifyChecksum(records, last, this.fetched)
      if (this.isLeftOut(last)) continue
      if (isCompressed) return this.decompress(last)
      run.push(last)
    } while (this.next < this.batches.length)
    const nextOffset = this.batches[this.next - 1]!.lastOffset + 1
    const set = new DecodedSet(this.fetched, records, run, nextOffset)
    for (const batch of run) set.append(batch, batch.start + BATCH.HEADER_BYTES, batch.end)
    return set
  }

  private isLeftOut(batch: BatchHeader): boolean {
    if ((batch.attributes & ATTRIBUTES.CONTROL) === 0) return this.ranges.isAborted(batch)
    this.ranges.end(batch)
    return true
  }

  private decompress(batch: BatchHeader): RecordSet {
    const { fetched } = this
    const id = batch.attributes & ATTRIBUTES.CODEC
    const codec = codecOf(id)
    if (codec === undefined) throw batchCorrupt(fetched, batch.baseOffset, `there is no codec ${id}`)
    let bytes: Buffer
    try {
      bytes = codec.decompress(fetched.records.subarray(batch.start + BATCH.HEADER_BYTES, batch.end))
    } catch (error) {
      if (isSluiceError(error)) throw error
      throw batchCorrupt(fetched, batch.baseOffset, 'it does not decompress', error)
    }
    const set = new DecodedSet(fetched, bytes, [batch], batch.lastOffset + 1)
    set.append(batch, 0, bytes.length)
    return set
  }
}

class DecodedSet implements RecordSet {
  readonly partition: number
  readonly bytes: Buffer
  readonly nextOffset: number
  length = 0
  readonly offsets: Float64Array
  readonly timestampsMs: Float64Array
  readonly keyStarts: Int32Array
  readonly keyEnds: Int32Array
  readonly valueStarts: Int32Array
  readonly valueEnds: Int32Array
  private readonly fetched: FetchedRecords

  /** @param batches what will be appended */
  constructor(fetched: FetchedRecords, bytes: Buffer, batches: readonly BatchHeader[], nextOffset: number) {
    this.partition = fetched.partition
    this.fetched = fetched
    this.bytes = bytes
    this.nextOffset = Math.max(nextOffset, fetched.fetchOffset)
    let capacity = 0
    for (const batch of batches) capacity += batch.recordCount
    // One allocation for the six.
    const memory = new ArrayBuffer(capacity * 32)
    this.offsets = new Float64Array(memory, 0, capacity)
    this.timestampsMs = new Float64Array(memory, capacity * 8, capacity)
    this.keyStarts = new Int32Array(memory, capacity * 16, capacity)
    this.keyEnds = new Int32Array(memory, capacity * 20, capacity)
    this.valueStarts = new Int32Array(memory, capacity * 24, capacity)
    this.valueEnds = new Int32Array(memory, capacity * 28, capacity)
  }

  /** The records of `batch`, which lie in [start, end); those before the offset that was asked for are passed over. */
  append(batch: BatchHeader, start: number, end: number): void {
    const { bytes, offsets, timestampsMs, keyStarts, keyEnds, valueStarts, valueEnds } = this
    const { fetchOffset } = this.fetched
    const { baseOffset, baseTimestampMs, maxTimestampMs, recordCount } = batch
    const isAppendTime = (batch.attributes & ATTRIBUTES.LOG_APPEND_TIME) !== 0
    let row = this.length
    let at = start
    for (let i = 0; i < recordCount; i++) {
      const length = readVarint(bytes, at)
      at = varintEnd()
      const recordEnd = at + length
      if (!(length > 0 && recordEnd <= end)) {
        throw batchCorrupt(this.fetched, baseOffset, `its record ${i} of ${recordCount} reaches beyond its end`)
      }
      const timestampDelta = readVarint(bytes, at + 1)
      const offset = baseOffset + readVarint(bytes, varintEnd())
      const keyBytes = readVarint(bytes, varintEnd())
      const keyStart = varintEnd()
      const keyEnd = keyBytes > 0 ? keyStart + keyBytes : keyStart
      const valueBytes = readVarint(bytes, keyEnd)
      const valueStart = varintEnd()
      const valueEnd = valueBytes > 0 ? valueStart + valueBytes : valueStart
      if (!(valueEnd < recordEnd)) {
        throw batchCorrupt(this.fetched, baseOffset, `its record ${i} of ${recordCount} is longer than it says`)
      }
      at = recordEnd
      if (offset < fetchOffset) continue
      offsets[row] = offset
      timestampsMs[row] = isAppendTime ? maxTimestampMs : baseTimestampMs + timestampDelta
      keyStarts[row] = keyBytes < 0 ? -1 : keyStart
      keyEnds[row] = keyEnd
      valueStarts[row] = valueBytes < 0 ? -1 : valueStart
      // Also of a tombstone: its headers begin here.
      valueEnds[row] = valueEnd
      row++
    }
    this.length = row
  }

  headers(index: number): readonly RecordHeader[] | undefined {
    return readHeaders(this.bytes, this.valueEnds[index]!)
  }
}
