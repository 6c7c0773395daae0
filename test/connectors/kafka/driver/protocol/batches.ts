/** Record batches as kafkajs encodes them, and as bytes by hand: what a broker might send. */
import { createRequire } from 'node:module'
import type { Compression, RecordSet } from '../../../../../connectors/kafka/driver/driver.ts'
import { CODECS } from '../../../../../connectors/kafka/driver/protocol/compression.ts'
import {
  FetchedPartition,
  type FetchedRecords,
} from '../../../../../connectors/kafka/driver/protocol/decode-records.ts'
import type { RecordHeader } from '../../../../../topology/contract/topic.ts'

const require = createRequire(import.meta.url)

interface Encoder {
  readonly buffer: Buffer
}

const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch(options: object): Promise<Encoder>
}
const Record = require('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => Encoder
const compression = require('kafkajs/src/protocol/message/compression') as {
  readonly Codecs: { [id: number]: () => { compress(encoder: Encoder): Promise<Uint8Array> } }
}

for (const codec of Object.values(CODECS)) {
  compression.Codecs[codec.id] = () => ({ compress: async ({ buffer }) => codec.compress(buffer) })
}

export interface Sample {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
  readonly timestampMs: number
}

export interface BatchSample {
  readonly baseOffset: number
  readonly records: readonly Sample[]
  readonly compression?: Compression
  readonly producerId?: number
  readonly isTransactional?: boolean
}

/** By kafkajs, which knows headers as an object: a key once, or with a list of values. */
export async function kafkaJsBatch(sample: BatchSample): Promise<Buffer> {
  const { baseOffset, records, compression: codec = 'none', producerId = -1, isTransactional = false } = sample
  const firstTimestamp = records[0]?.timestampMs ?? 0
  const encoded = await RecordBatch({
    compression: codec === 'none' ? 0 : CODECS[codec].id,
    firstOffset: baseOffset,
    firstTimestamp,
    maxTimestamp: Math.max(...records.map(({ timestampMs }) => timestampMs)),
    lastOffsetDelta: records.length - 1,
    transactional: isTransactional,
    producerId,
    producerEpoch: 0,
    firstSequence: 0,
    records: records.map(({ key, value, headers, timestampMs }, offsetDelta) =>
      Record({
        key,
        value,
        offsetDelta,
        timestampDelta: timestampMs - firstTimestamp,
        headers: Object.fromEntries(headers.map((header) => [header.key, header.value])),
      }),
    ),
  })
  return encoded.buffer
}

/** Ends a transaction of the producer: as a broker writes it, checksum and all, but for the record's own content. */
export async function controlBatch(baseOffset: number, producerId: number): Promise<Buffer> {
  const records = [{ key: Buffer.from([0, 0, 0, 0]), value: Buffer.alloc(6), headers: [], timestampMs: 0 }]
  const batch = await kafkaJsBatch({ baseOffset, records, producerId, isTransactional: true })
  return withAttributes(batch, batch.readInt16BE(21) | 0x20)
}

/** The same batch with other attributes, its checksum corrected. */
export function withAttributes(batch: Buffer, attributes: number): Buffer {
  const changed = Buffer.from(batch)
  changed.writeInt16BE(attributes, 21)
  const crc32c = require('kafkajs/src/protocol/recordBatch/crc32C') as (bytes: Buffer) => number
  changed.writeUInt32BE(crc32c(changed.subarray(21)), 17)
  return changed
}

export function fetched(records: Buffer, changes: Partial<FetchedRecords> = {}): FetchedPartition {
  return new FetchedPartition({ topic: 'orders', partition: 2, records, fetchOffset: 0, aborted: [], ...changes })
}

export function setsOf(partition: FetchedPartition): RecordSet[] {
  const sets: RecordSet[] = []
  for (let set = partition.take(); set !== undefined; set = partition.take()) sets.push(set)
  return sets
}

export function rowsOf(set: RecordSet): (Sample & { readonly offset: number })[] {
  const bytesOf = (starts: Int32Array, ends: Int32Array, i: number) =>
    starts[i]! < 0 ? null : Buffer.from(set.bytes.subarray(starts[i]!, ends[i]!))
  return Array.from({ length: set.length }, (_, i) => ({
    offset: set.offsets[i]!,
    timestampMs: set.timestampsMs[i]!,
    key: bytesOf(set.keyStarts, set.keyEnds, i),
    value: bytesOf(set.valueStarts, set.valueEnds, i),
    headers: (set.headers(i) ?? []).map(({ key, value }) => ({ key, value: value && Buffer.from(value) })),
  }))
}
