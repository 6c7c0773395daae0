import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  binary,
  date,
  decimal,
  fixed,
  float,
  int,
  int53,
  jsonDeserializer,
  jsonSerializer,
  long,
  type Row,
  time,
  timestamp,
  timestamptz,
  uuid,
  validate,
} from '../../../topology/schema/index.ts'
import { runs } from '../../support/scale.ts'

const Everything = z.object({
  boolean: z.boolean().nullish(),
  int: int().nullish(),
  int53: int53().nullish(),
  long: long().nullish(),
  float: float().nullish(),
  double: z.number().nullish(),
  money: decimal(12, 2).nullish(),
  large: decimal(38, 10).nullish(),
  date: date().nullish(),
  time: time().nullish(),
  timestamp: timestamp().nullish(),
  timestamptz: timestamptz().nullish(),
  string: z.string().nullish(),
  uuid: uuid().nullish(),
  fixed: fixed(3).nullish(),
  binary: binary().nullish(),
  struct: z.object({ x: z.string().nullish(), y: z.array(decimal(5, 1).nullable()).nullish() }).nullish(),
  map: z.record(z.string(), long().nullable()).nullish(),
})

const micros = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n })
const text = fc.string({ unit: 'binary' })
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
const bytes = (length: { minLength?: number; maxLength?: number }) =>
  fc.uint8Array(length).map((array) => new Uint8Array(array))

const row: fc.Arbitrary<Row<typeof Everything>> = fc.record({
  boolean: orNull(fc.boolean()),
  int: orNull(fc.integer()),
  int53: orNull(fc.maxSafeInteger()),
  long: orNull(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  float: orNull(fc.float({ noNaN: true, noDefaultInfinity: true })),
  double: orNull(fc.double({ noNaN: true, noDefaultInfinity: true })),
  money: orNull(fc.integer({ min: -(10 ** 12) + 1, max: 10 ** 12 - 1 })),
  large: orNull(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n })),
  date: orNull(fc.integer({ min: -719_162, max: 2_932_896 })),
  time: orNull(fc.bigInt({ min: 0n, max: 86_399_999_999n })),
  timestamp: orNull(micros),
  timestamptz: orNull(micros),
  string: orNull(text),
  uuid: orNull(fc.uuid()),
  fixed: orNull(bytes({ minLength: 3, maxLength: 3 })),
  binary: orNull(bytes({})),
  struct: orNull(fc.record({ x: orNull(text), y: orNull(fc.array(orNull(fc.integer({ min: -99999, max: 99999 })))) })),
  map: orNull(
    fc
      .array(fc.tuple(text, orNull(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))))
      .map((entries) => new Map(entries)),
  ),
})

describe('jsonSerializer', () => {
  const serializer = jsonSerializer(Everything)
  const deserializer = jsonDeserializer(Everything)

  it('writes what the decoder reads back, for every type', () => {
    fc.assert(
      fc.property(row, (value) => {
        expect(deserializer.decode(serializer.encode(value))).toEqual({ ok: true, value })
      }),
      runs(50_000),
    )
  })

  it('writes what validate reads alike, where doubles can carry it', () => {
    fc.assert(
      fc.property(row, (value) => {
        // As a producer has it: parsed, with what a double can't hold as text.
        const wire = JSON.parse(new TextDecoder().decode(serializer.encode(value)), exactNumbersAsText)
        // zod leaves __proto__ out of records, which no producer means.
        fc.pre(!(value.map?.has('__proto__') ?? false))
        expect(validate(Everything, wire)).toEqual({ ok: true, value })
      }),
      runs(10_000),
    )
  })

  it('writes exact JSON numbers and nulls', () => {
    const Money = z.object({ id: long(), amount: decimal(38, 2), note: z.string().optional() })
    const encoded = jsonSerializer(Money).encode({ id: 2n ** 63n - 1n, amount: -(10n ** 37n) - 5n, note: null })
    expect(new TextDecoder().decode(encoded)).toBe(
      '{"id":9223372036854775807,"amount":-100000000000000000000000000000000000.05,"note":null}',
    )
  })

  it('names the field of a value that has no wire form', () => {
    const Nested = z.object({ a: z.object({ b: z.array(z.number()), at: timestamptz().optional(), s: z.string() }) })
    const encode = (b: number[], at: bigint | null = null, s = '') => jsonSerializer(Nested).encode({ a: { b, at, s } })
    expect(() => encode([1, Number.NaN])).toThrow('a.b[1]: NaN has no JSON form')
    expect(() => encode([Number.NaN])).toThrow(RangeError)
    expect(() => encode([], 10n ** 18n)).toThrow(/^a\.at: 1000000000000000000 µs is not within years 0001 to 9999$/)
    expect(() => encode([], null, '\ud800')).toThrow('a.s: a lone surrogate has no UTF-8 form')
  })
})

/** The reviver's third argument has the number's text. */
function exactNumbersAsText(this: unknown, key: string, value: unknown, context?: { source?: string }): unknown {
  const asDouble = key === 'double' || key === 'float'
  return typeof value === 'number' && !asDouble && context!.source!.length > 15 && key !== 'int53'
    ? context!.source
    : value
}
