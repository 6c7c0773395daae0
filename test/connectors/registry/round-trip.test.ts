/** Random rows of random schemas, through the bytes of each format and back. */
import avsc from 'avsc'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openEmbeddedRegistry } from '../../../connectors/registry/embedded/embedded-registry.ts'
import { openRegistrySerdes } from '../../../connectors/registry/serdes.ts'
import { HEADER_BYTES } from '../../../connectors/registry/wire-format.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { avro, protobuf } from '../../../topology/format.ts'
import { wireAvroSchema } from '../../../topology/schema/avro.ts'
import { deserializerOf, serializerOf } from '../../../topology/serde.ts'
import { topic } from '../../../topology/topic.ts'
import { placed } from '../../support/registry-job.ts'
import { FRESH_SEED, runs } from '../../support/scale.ts'
import { recordingLogger } from '../../support/silent.ts'
import { arbitraryRecords } from './support/arbitrary-records.ts'

const FORMATS = [
  { name: 'Avro', format: avro(), nullsInside: true },
  { name: 'Protobuf', format: protobuf(), nullsInside: false },
]

/** Takes schemas of any kind under one subject. */
async function openSerdes() {
  const registry = openEmbeddedRegistry({ path: ':memory:' })
  await registry.setCompatibility('records-value', 'NONE')
  return openRegistrySerdes({ registry, clock: systemClock, random: Math.random, logger: recordingLogger() })
}

describe.each(FORMATS)('$name', ({ format, nullsInside }) => {
  it(`brings every row back (seed ${FRESH_SEED})`, async () => {
    const serdes = await openSerdes()
    const cases = arbitraryRecords({ nullsInside }).chain(({ schema, row }) =>
      fc.tuple(fc.constant(schema), fc.array(row, { minLength: 1, maxLength: 5 })),
    )
    await fc.assert(
      fc.asyncProperty(cases, async ([schema, rows]) => {
        const records = topic('records', schema, { format })
        const serializer = serializerOf(records, serdes)
        await serializer.prepare?.()
        const written = rows.map((row) => placed(serializer.encode(row)))
        const deserializer = deserializerOf(records, serdes)
        await deserializer.prepare?.(written)
        const read = written.map(({ value }) => deserializer.decode(value))
        expect(read).toEqual(rows.map((value) => ({ ok: true, value })))
      }),
      runs(5_000),
    )
    await serdes.close()
  })

  it(`says what is wrong with bytes that are none, and never throws (seed ${FRESH_SEED})`, async () => {
    const serdes = await openSerdes()
    const cases = arbitraryRecords({ nullsInside }).chain(({ schema, row }) =>
      fc.tuple(fc.constant(schema), row, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 })),
    )
    await fc.assert(
      fc.asyncProperty(cases, async ([schema, row, damage]) => {
        const records = topic('records', schema, { format })
        const serializer = serializerOf(records, serdes)
        await serializer.prepare?.()
        const value = serializer.encode(row).slice()
        for (const [place, byte] of damage) value[HEADER_BYTES + (place % (value.length - HEADER_BYTES + 1))] = byte
        const deserializer = deserializerOf(records, serdes)
        await deserializer.prepare?.([placed(value)])
        const result = deserializer.decode(value)
        if (!result.ok) expect(result.reason).toMatch(/\w/)
        expect(deserializer.decode(value.subarray(0, value.length - 1))).toHaveProperty('ok')
      }),
      runs(5_000),
    )
    await serdes.close()
  })
})

describe('Avro, for others', () => {
  it(`is what avsc itself makes of the schema (seed ${FRESH_SEED})`, async () => {
    const serdes = await openSerdes()
    const long = avsc.types.LongType.__with({
      fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
      toBuffer: (value: bigint) => {
        const bytes = Buffer.alloc(8)
        bytes.writeBigInt64LE(value)
        return bytes
      },
      fromJSON: BigInt,
      toJSON: String,
      isValid: (value: unknown) => typeof value === 'bigint',
      compare: (a: bigint, b: bigint) => Number(a - b),
    })
    const isLong = (schema: avsc.Schema) => (schema as { type?: unknown }).type === 'long' || schema === 'long'
    const cases = arbitraryRecords({ nullsInside: true }).chain(({ schema, row }) => fc.tuple(fc.constant(schema), row))
    await fc.assert(
      fc.asyncProperty(cases, async ([schema, row]) => {
        const records = topic('records', schema, { format: avro() })
        const serializer = serializerOf(records, serdes)
        await serializer.prepare?.()
        const payload = Buffer.from(serializer.encode(row).subarray(HEADER_BYTES))
        const plain = avsc.Type.forSchema(wireAvroSchema('records', records.fields) as avsc.Schema, {
          typeHook: (each) => (isLong(each) ? long : undefined),
        })
        // Read and written again by avsc, without anything of ours.
        expect(plain.toBuffer(plain.fromBuffer(payload))).toEqual(payload)
      }),
      runs(5_000),
    )
    await serdes.close()
  })
})
