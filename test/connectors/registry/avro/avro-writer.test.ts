/** The edges of what is written: where longs, decimals and records change their form. */
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { avroType } from '../../../../connectors/registry/avro/avro-type.ts'
import { avroWriter } from '../../../../connectors/registry/avro/avro-writer.ts'
import { decimalFromBytes, decimalToBytes } from '../../../../connectors/registry/avro/decimal-bytes.ts'
import { HEADER_BYTES } from '../../../../connectors/registry/wire-format.ts'
import { wireAvroSchema } from '../../../../topology/schema/avro.ts'
import { fieldsOf, long, structOf } from '../../../../topology/schema/index.ts'

const around = (value: bigint) => [value - 1n, value, value + 1n].flatMap((each) => [each, -each])

function throughAvro(schema: z.ZodObject, row: unknown): unknown {
  const type = avroType(JSON.stringify(wireAvroSchema('r', fieldsOf(schema))))
  const bytes = avroWriter(type, structOf(schema))(row)
  return type.fromBuffer(Buffer.from(bytes.subarray(HEADER_BYTES)))
}

describe('longs', () => {
  const longs = [0n, 1n << 30n, 1n << 52n, 1n << 53n, 1n << 62n].flatMap(around)
  test.each([...longs, 2n ** 63n - 1n, -(2n ** 63n)])('%d comes back', (n) => {
    expect(throughAvro(z.object({ n: long() }), { n })).toEqual({ n })
  })

  test.each([2n ** 63n, -(2n ** 63n) - 1n, 0.5, Number.NaN, '1'])('%s is refused, naming the field', (n) => {
    expect(() => throughAvro(z.object({ n: long() }), { n })).toThrow(/^n: .* is no long$/)
  })
})

describe('decimals', () => {
  const decimals = [0n, 127n, 128n, 255n, 1n << 15n, 1n << 63n, 1n << 64n, 10n ** 38n - 1n].flatMap(around)
  test.each(decimals)('%d takes as few bytes as hold it', (unscaled) => {
    const bytes = decimalToBytes(unscaled)!
    expect(decimalFromBytes(bytes)).toBe(unscaled)
    expect(bytes.length === 1 || BigInt.asIntN(8 * (bytes.length - 1), unscaled) !== unscaled).toBe(true)
  })

  test.each([
    [-2n, 1, 'fe'],
    [-2n, 3, 'fffffe'],
    [258n, 20, `${'00'.repeat(18)}0102`],
    [128n, 1, undefined],
    [-129n, 1, undefined],
    [2n ** 127n, undefined, undefined],
  ])('%d in %s bytes', (unscaled, sizeBytes, hex) => {
    expect(decimalToBytes(unscaled, sizeBytes)?.toString('hex')).toBe(hex)
  })
})

test('a record may be of any size, and is bytes of its own', () => {
  const schema = z.object({ text: z.string() })
  const type = avroType(JSON.stringify(wireAvroSchema('r', fieldsOf(schema))))
  const write = avroWriter(type, structOf(schema))
  const aroundScratch = Array.from({ length: 20 }, (_, i) => 65_520 + i)
  const texts = [10, 100_000, 20, 1_000_000, 0, ...aroundScratch].map((length) => 'x'.repeat(length))
  const written = texts.map((text) => write({ text }))
  expect(written.map((bytes) => type.fromBuffer(Buffer.from(bytes.subarray(HEADER_BYTES))).text)).toEqual(texts)
})
