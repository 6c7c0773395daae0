import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { FetchedPartition } from '../../../../../connectors/kafka/driver/protocol/decode-records.ts'
import { encodeRecordBatch } from '../../../../../connectors/kafka/driver/protocol/encode-record-batch.ts'

test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
  'a record that fits is not made too large by %s',
  (compression) => {
    const record = { key: null, value: randomBytes(1 << 20), timestampMs: 1 }
    const records = encodeRecordBatch([record], { compression, nowMs: 0 })
    const plain = encodeRecordBatch([record], { compression: 'none', nowMs: 0 })
    expect(records.length).toBeLessThanOrEqual(plain.length)
    const set = new FetchedPartition({ topic: 'events', partition: 0, records, fetchOffset: 0, aborted: [] }).take()!
    expect(set.bytes.subarray(set.valueStarts[0], set.valueEnds[0]).equals(record.value)).toBe(true)
  },
)
