import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Compression } from '../../../../../connectors/kafka/driver/driver.ts'
import { encodeRecordBatch } from '../../../../../connectors/kafka/driver/protocol/encode-record-batch.ts'
import { runs } from '../../../../support/scale.ts'
import { controlBatch, fetched, kafkaJsBatch, rowsOf, type Sample, setsOf, withAttributes } from './batches.ts'

const COMPRESSIONS: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const sample = (value: string): Sample => ({ key: null, value: Buffer.from(value), headers: [], timestampMs: 1_000 })
const samples = (...values: string[]) => values.map(sample)
const valuesOf = (bytes: Buffer, changes = {}) =>
  setsOf(fetched(bytes, changes)).flatMap((set) => rowsOf(set).map(({ value }) => String(value)))

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
const samplesArbitrary = fc.array(
  fc.record({
    key: fc.option(bytes),
    value: fc.option(bytes),
    headers: fc.uniqueArray(fc.record({ key: fc.string({ unit: 'grapheme' }), value: bytes }), {
      // Names like 1 come first in an object, whatever their place was.
      selector: ({ key }) => key,
      maxLength: 3,
    }),
    timestampMs: fc.integer({ min: 0, max: 2 ** 43 }),
  }),
  { minLength: 1, maxLength: 20 },
)

describe('decoding record batches', () => {
  it.each(COMPRESSIONS)("gives what kafkajs' encoder was given, %s", async (compression) => {
    await fc.assert(
      fc.asyncProperty(samplesArbitrary, fc.nat(2 ** 40), async (records, baseOffset) => {
        const ordered = records.map((record) => ({
          ...record,
          headers: Object.entries(Object.fromEntries(record.headers.map(({ key, value }) => [key, value]))).map(
            ([key, value]) => ({ key, value }),
          ),
        }))
        const batch = await kafkaJsBatch({ baseOffset, records: ordered, compression })
        const partition = fetched(batch, { fetchOffset: baseOffset })
        expect(partition.nextOffset).toBe(baseOffset + records.length)
        const [set, ...others] = setsOf(partition)
        expect(others).toEqual([])
        expect(rowsOf(set!)).toEqual(ordered.map((record, i) => ({ ...record, offset: baseOffset + i })))
      }),
      runs(10_000),
    )
  })

  it.each(COMPRESSIONS)(
    "gives what Sluice's encoder was given, the same header twice and null among them, %s",
    (compression) => {
      const headers = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'ü', ''), value: fc.option(bytes) }), {
        maxLength: 4,
      })
      const records = fc.array(
        fc.record({ key: fc.option(bytes), value: fc.option(bytes), headers, timestampMs: fc.nat(2 ** 43) }),
        { minLength: 1, maxLength: 20 },
      )
      fc.assert(
        fc.property(records, (given) => {
          const producer = { producerId: 2 ** 40, producerEpoch: 3, baseSequence: 7 }
          const batch = encodeRecordBatch(given, { compression, nowMs: 0, producer, isTransactional: true })
          const [set] = setsOf(fetched(batch))
          expect(rowsOf(set!)).toEqual(given.map((record, offset) => ({ ...record, offset })))
        }),
        runs(10_000),
      )
    },
  )

  it('makes one set of batches that lie uncompressed side by side, and passes over what comes before the offset', async () => {
    const batches = [
      await kafkaJsBatch({ baseOffset: 10, records: samples('a', 'b', 'c') }),
      await kafkaJsBatch({ baseOffset: 13, records: samples('d') }),
      await kafkaJsBatch({ baseOffset: 20, records: samples('e', 'f'), compression: 'gzip' }),
      await kafkaJsBatch({ baseOffset: 22, records: samples('g') }),
    ]
    const sets = setsOf(fetched(Buffer.concat(batches), { fetchOffset: 12 }))
    expect(
      sets.map((set) =>
        rowsOf(set)
          .map(({ value }) => String(value))
          .join(''),
      ),
    ).toEqual(['cd', 'ef', 'g'])
    expect(sets.map(({ nextOffset }) => nextOffset)).toEqual([14, 22, 23])
    expect(sets.map(({ partition }) => partition)).toEqual([2, 2, 2])
  })

  it('leaves a batch alone that the response has cut off', async () => {
    const whole = await kafkaJsBatch({ baseOffset: 0, records: samples('a') })
    const cut = await kafkaJsBatch({ baseOffset: 1, records: samples('b', 'c') })
    for (let length = 0; length < cut.length; length++) {
      const partition = fetched(Buffer.concat([whole, cut.subarray(0, length)]))
      expect(partition.nextOffset).toBe(1)
      expect(setsOf(partition).map(({ length }) => length)).toEqual([1])
    }
    expect(fetched(cut.subarray(0, 20), { fetchOffset: 1 }).nextOffset).toBe(1)
  })

  it("takes the broker's time where the topic says so", async () => {
    const records = [1_000, 2_000, 3_000].map((timestampMs) => ({ ...sample('x'), timestampMs }))
    const batch = withAttributes(await kafkaJsBatch({ baseOffset: 0, records }), 0x08)
    expect(rowsOf(setsOf(fetched(batch))[0]!).map(({ timestampMs }) => timestampMs)).toEqual([3_000, 3_000, 3_000])
  })

  it('keeps the gaps that compaction has left', async () => {
    const batch = await kafkaJsBatch({ baseOffset: 0, records: samples('a', 'b') })
    batch.writeInt32BE(9, 23)
    const partition = fetched(withAttributes(batch, 0))
    expect(partition.nextOffset).toBe(10)
    expect(setsOf(partition).map(({ length, nextOffset }) => ({ length, nextOffset }))).toEqual([
      { length: 2, nextOffset: 10 },
    ])
  })

  describe('as read_committed', () => {
    const transactional = (baseOffset: number, producerId: number, ...values: string[]) =>
      kafkaJsBatch({ baseOffset, producerId, isTransactional: true, records: samples(...values) })

    it('leaves out aborted ranges and control records, of interleaved producers too', async () => {
      const records = Buffer.concat([
        await transactional(0, 7, 'aborted 7'),
        await transactional(1, 8, 'committed 8'),
        await kafkaJsBatch({ baseOffset: 2, producerId: 7, records: samples('not of a transaction') }),
        await controlBatch(3, 7),
        await transactional(4, 7, 'committed 7'),
        await controlBatch(5, 8),
        await controlBatch(6, 7),
        await transactional(7, 8, 'aborted 8', 'aborted 8'),
        await controlBatch(9, 8),
      ])
      const aborted = [
        { producerId: 7, firstOffset: 0 },
        { producerId: 8, firstOffset: 7 },
      ]
      const partition = fetched(records, { aborted })
      const sets = setsOf(partition)
      expect(sets.flatMap((set) => rowsOf(set).map(({ value }) => String(value)))).toEqual([
        'committed 8',
        'not of a transaction',
        'committed 7',
      ])
      expect(sets.at(-1)!.nextOffset).toBe(10)
    })

    it('knows a transaction whose beginning lies before the fetch', async () => {
      const records = Buffer.concat([await transactional(5, 7, 'aborted'), await controlBatch(6, 7)])
      const sets = setsOf(fetched(records, { fetchOffset: 5, aborted: [{ producerId: 7, firstOffset: 1 }] }))
      expect(sets.map(({ length, nextOffset }) => ({ length, nextOffset }))).toEqual([{ length: 0, nextOffset: 7 }])
    })

    it('gives everything but control records as read_uncommitted', async () => {
      const records = Buffer.concat([await transactional(0, 7, 'open'), await controlBatch(1, 7)])
      expect(valuesOf(records)).toEqual(['open'])
    })
  })

  describe('refuses', () => {
    it('a batch of which any byte behind the checksum has changed', async () => {
      const batch = await kafkaJsBatch({ baseOffset: 4, records: samples('abc') })
      for (let at = 17; at < batch.length; at++) {
        const damaged = Buffer.from(batch)
        damaged[at]! ^= 0x10
        expect(() => setsOf(fetched(damaged, { fetchOffset: 4 })), `byte ${at}`).toThrow(
          expect.objectContaining({
            code: 'KAFKA_BATCH_CORRUPT',
            message: expect.stringMatching(/'orders', partition 2: the record batch at offset 4 .*checksum/),
          }),
        )
      }
    })

    it('one that its checksum holds together, but that makes no sense', async () => {
      const corrupt = expect.objectContaining({ code: 'KAFKA_BATCH_CORRUPT' })
      const batch = await kafkaJsBatch({ baseOffset: 0, records: samples('abc') })
      batch.writeInt32BE(2, 57)
      expect(() => setsOf(fetched(withAttributes(batch, 0)))).toThrow(corrupt)
      const packed = await kafkaJsBatch({ baseOffset: 0, records: samples('abc') })
      for (const codec of [1, 2, 3, 4, 5]) expect(() => setsOf(fetched(withAttributes(packed, codec)))).toThrow(corrupt)
      packed[16] = 9
      expect(() => fetched(packed)).toThrow(corrupt)
    })

    it.each([0, 1])('message format v%i, by its name', async (magic) => {
      const old = Buffer.alloc(60)
      old.writeInt32BE(48, 8)
      old[16] = magic
      expect(() => fetched(old)).toThrow(
        expect.objectContaining({ code: 'KAFKA_MESSAGE_FORMAT', message: expect.stringContaining(`v${magic}`) }),
      )
    })
  })
})
