/** Batches to put into frames, and what must come out of them. */
import assert from 'node:assert'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { decodeBatch } from '../../../../runtime/exchange/frame/decode-batch.ts'
import { encodeBatch } from '../../../../runtime/exchange/frame/encode-batch.ts'
import { Batch } from '../../../../topology/element.ts'

export function roundTrip(rows: readonly unknown[]): Batch {
  return decodeBatch(encodeBatch(new Batch(rows)))
}

/** The same values, of the same types, their fields and entries in the same order, holes where they were. */
export function assertSame(actual: unknown, expected: unknown): void {
  assert.deepStrictEqual(actual, expected)
  assert.equal(shown(actual), shown(expected))
}

/** Tells orders apart, which deepStrictEqual does not. */
function shown(value: unknown): string {
  return inspect(value, {
    depth: Number.POSITIVE_INFINITY,
    maxArrayLength: Number.POSITIVE_INFINITY,
    maxStringLength: Number.POSITIVE_INFINITY,
  })
}

const codeUnits = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units))

export const anyString = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), codeUnits, fc.constant('ü'))

const anyBigint = fc.oneof(fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }), fc.bigInt())

/** Whatever may be in a record. */
const anyValue = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
    withNullPrototype: true,
  }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  anyString,
)

/** What a column of one type holds. */
const columnTypes = fc.constantFrom<fc.Arbitrary<unknown>>(
  fc.integer(),
  fc.double(),
  fc.boolean(),
  anyBigint,
  fc.string(),
  anyString,
  fc.date({ noInvalidDate: false }),
  fc.uint8Array(),
  fc.array(fc.integer()),
  fc.array(fc.option(fc.string())),
  fc.dictionary(fc.string(), fc.integer()),
  fc.record({ a: fc.integer(), b: fc.option(fc.string()) }, { requiredKeys: ['a'] }),
  anyValue,
)

const fieldNames = fc.constantFrom(
  'a',
  'b',
  'c',
  'id',
  '1',
  '__proto__',
  'constructor',
  '',
  '"',
  '\u2028',
  'naïve',
  '☃',
)

/** Rows of a record type: few fields, some of which may be missing, null or undefined. */
const recordRows = fc
  .uniqueArray(
    fc.record({ name: fieldNames, type: columnTypes, rest: fc.constantFrom('required', 'optional', 'nullable') }),
    { selector: ({ name }) => name, maxLength: 6 },
  )
  .chain((fields) => {
    const row = fc.tuple(
      ...fields.map(({ name, type, rest }) => {
        const value = rest === 'nullable' ? fc.oneof(type, fc.constant(null), fc.constant(undefined)) : type
        return rest === 'optional'
          ? fc.option(
              value.map((each) => [[name, each]]),
              { nil: [] },
            )
          : value.map((each) => [[name, each]])
      }),
    )
    return fc.array(
      row.map((entries) => Object.fromEntries(entries.flat() as [string, unknown][])),
      { maxLength: 60 },
    )
  })

export const anyRows: fc.Arbitrary<unknown[]> = fc.oneof(
  { arbitrary: recordRows, weight: 3 },
  { arbitrary: fc.array(anyValue, { maxLength: 30 }), weight: 1 },
  { arbitrary: columnTypes.chain((type) => fc.array(type, { maxLength: 60 })), weight: 1 },
)

const anyKey = fc.oneof(fc.string(), fc.integer(), fc.bigInt(), fc.boolean())

export const anyBatch: fc.Arbitrary<Batch> = anyRows.chain((rows) => {
  const eachRow = <V>(value: fc.Arbitrary<V>) => fc.array(value, { minLength: rows.length, maxLength: rows.length })
  return fc
    .record(
      {
        timestampsMs: eachRow(fc.double()).map((values) => Float64Array.from(values)),
        keyGroups: eachRow(fc.nat({ max: 0xffff })).map((values) => Uint16Array.from(values)),
        keys: eachRow(anyKey),
        kinds: eachRow(fc.nat({ max: 3 })).map((values) => Uint8Array.from(values)),
        origin: anyString,
      },
      { requiredKeys: [] },
    )
    .map((attributes) => new Batch(rows, attributes))
})
