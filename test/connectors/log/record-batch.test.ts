import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { packBatches } from '../../../connectors/log/appender.ts'
import { packRecords, RecordBatch } from '../../../connectors/log/record-batch.ts'
import { runRows } from '../../../connectors/log/run-rows.ts'
import type { SourceRecord } from '../../../topology/contract/source.ts'
import { runs } from '../../support/scale.ts'

const record = fc.record({
  key: fc.option(fc.uint8Array({ maxLength: 20 })),
  value: fc.option(fc.uint8Array({ maxLength: 200 })),
  headers: fc.option(
    fc.array(fc.record({ key: fc.string(), value: fc.option(fc.uint8Array({ maxLength: 20 })) }), { maxLength: 3 }),
    { nil: undefined },
  ),
  timestampMs: fc.integer({ min: -(2 ** 53), max: 2 ** 53 }),
})

const bytes = (part: Uint8Array | null) => part && Array.from(part)

const plain = ({ offset, key, value, timestampMs, headers = [] }: SourceRecord) => ({
  offset,
  key: bytes(key),
  value: bytes(value),
  timestampMs,
  headers: headers.map((header) => ({ key: header.key, value: bytes(header.value) })),
})

describe('a packed batch', () => {
  test('gives back any slice of any records', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 50 }), fc.nat(), fc.nat(), (records, a, b) => {
        const packed = packRecords(records, 0)
        const batch = new RecordBatch(1_000, packed.recordCount, packed.bytes)
        const from = Math.min(a, b) % records.length
        const to = Math.max(from, Math.max(a, b) % (records.length + 1))
        const rows: SourceRecord[] = []
        batch.unpack('t', 3, from, to, rows)
        expect(rows.map(plain)).toEqual(
          records
            .slice(from, to)
            .map((each, i) => plain({ ...each, topic: 't', partition: 3, offset: BigInt(1_000 + from + i) })),
        )
        expect(packed.maxTimestampMs).toBe(Math.max(...records.map(({ timestampMs }) => timestampMs)))
      }),
      runs(10_000),
    )
  })

  test('gives the values of runs of several batches in one piece of memory', () => {
    const run = fc.record({ records: fc.array(record, { minLength: 1, maxLength: 20 }), a: fc.nat(), b: fc.nat() })
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 4 }), (parts) => {
        const stored = parts.map(({ records, a, b }) => {
          const packed = packRecords(records, 0)
          const from = Math.min(a, b) % records.length
          const to = Math.max(from + 1, Math.max(a, b) % (records.length + 1))
          return { batch: new RecordBatch(0, packed.recordCount, packed.bytes), from, to }
        })
        const rows = runRows('t', 0, stored)
        const { bytes: memory, starts, ends, first } = rows.slices!('value')!
        const values = Array.from({ length: rows.length }, (_, i) =>
          starts[first + i]! < 0 ? null : bytes(memory.subarray(starts[first + i], ends[first + i])),
        )
        expect(values).toEqual(rows.make().map(({ value }) => bytes(value)))
        expect(rows.slices!('key')).toBeUndefined()
      }),
      runs(2_000),
    )
  })

  test('tells an empty key from none, and gives records without a timestamp the time of the append', () => {
    const packed = packRecords(
      [
        { key: null, value: new Uint8Array() },
        { key: new Uint8Array(), value: new Uint8Array() },
      ],
      77,
    )
    const rows: SourceRecord[] = []
    new RecordBatch(0, 2, packed.bytes).unpack('t', 0, 0, 2, rows)
    expect(rows.map(({ key }) => key?.length)).toEqual([undefined, 0])
    expect(rows.map(({ timestampMs }) => timestampMs)).toEqual([77, 77])
  })
})

describe('packing into batches', () => {
  const sizes = (lengths: number[]) =>
    packBatches(
      't',
      lengths.map((length) => ({ key: null, value: new Uint8Array(length) })),
      0,
    ).map(({ recordCount }) => recordCount)

  test('cuts at 1,024 records and at one mebibyte, and gives a larger record a batch of its own', () => {
    expect(sizes([])).toEqual([])
    expect(sizes(new Array(2_050).fill(1))).toEqual([1024, 1024, 2])
    expect(sizes([600_000, 600_000, 10, 3_000_000, 10])).toEqual([1, 2, 1, 1])
  })

  test('refuses what no batch can hold', () => {
    expect(() => packBatches('t', [{ key: null, value: new Uint8Array((128 << 20) + 1) }], 0)).toThrow(
      expect.objectContaining({ code: 'RECORD_TOO_LARGE' }),
    )
  })
})
