/** The scanner gives what the exact decoder gives, record by record, whatever the bytes are. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Slices } from '../../../../topology/encoded-column.ts'
import {
  binary,
  date,
  decimal,
  double,
  float,
  int,
  int53,
  jsonDeserializer,
  long,
  time,
  timestamp,
  timestamptz,
  uuid,
} from '../../../../topology/schema/index.ts'
import { columnScanner } from '../../../../topology/schema/scan/column-scanner.ts'
import { FRESH_SEED, runs } from '../../../support/scale.ts'

const Every = z.object({
  text: z.string(),
  id: uuid(),
  flag: z.boolean(),
  small: int(),
  wide: long(),
  safe: int53(),
  rate: double(),
  single: float(),
  price: decimal(9, 2),
  day: date(),
  clock: time(),
  local: timestamp(),
  at: timestamptz(),
})
const NAMES = Object.keys(Every.shape)

/** Texts of JSON values, good ones of each field first, and what no field takes. */
const integers = fc
  .oneof(fc.integer(), fc.maxSafeInteger(), fc.constantFrom(0, -0))
  .map((n) => (Object.is(n, -0) ? '-0' : String(n)))
const digits = fc.stringMatching(/^-?(0|[1-9]\d{0,17})(\.\d{1,18})?([eE][+-]?\d{1,2})?$/)
const twoDigits = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'))
const days = fc
  .tuple(fc.integer({ min: 1900, max: 2300 }), twoDigits(13), twoDigits(32))
  .map(([year, month, day]) => `${year}-${month}-${day}`)
const clocks = fc
  .tuple(twoDigits(24), twoDigits(60), twoDigits(60), fc.stringMatching(/^(\.\d{1,7})?$/))
  .map(([hour, minute, second, fraction]) => `${hour}:${minute}:${second}${fraction}`)
const times = fc
  .tuple(days, clocks, fc.constantFrom('', 'Z', '+01:00'))
  .map(([day, clock, zone]) => `${day}T${clock}${zone}`)
const strings = fc.oneof(
  fc.string({ maxLength: 24 }),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
)
const anything = fc.oneof(
  strings.map((text) => JSON.stringify(text)),
  fc
    .oneof(
      days,
      clocks,
      times,
      fc.uuid(),
      fc.uuid().map((id) => id.toUpperCase()),
    )
    .map((text) => JSON.stringify(text)),
  integers,
  digits,
  fc.double().map((n) => (Number.isFinite(n) ? JSON.stringify(n) : 'null')),
  fc.constantFrom('null', 'true', 'false', 'nul', 'tru', '01', '1.', '-', '"\\u0041"', '{}', '[]'),
)
const likely: Readonly<Record<string, fc.Arbitrary<string>>> = {
  text: strings.map((text) => JSON.stringify(text)),
  id: fc.uuid().map((id) => `"${id}"`),
  flag: fc.constantFrom('true', 'false'),
  small: fc.integer().map(String),
  wide: integers,
  safe: integers,
  rate: fc.oneof(digits, integers),
  single: fc.oneof(digits, integers),
  price: fc.stringMatching(/^-?(0|[1-9]\d{0,6})(\.\d{1,2})?$/),
  day: days.map((day) => `"${day}"`),
  clock: clocks.map((clock) => `"${clock}"`),
  local: fc.tuple(days, clocks).map(([day, clock]) => `"${day}T${clock}"`),
  at: fc.tuple(days, clocks).map(([day, clock]) => `"${day}T${clock}Z"`),
}

const member = (name: string) =>
  fc
    .oneof(
      { weight: 20, arbitrary: likely[name]! },
      { weight: 3, arbitrary: fc.constant('null') },
      { weight: 1, arbitrary: anything },
    )
    .map((value) => [name, value] as const)

/** All fields in order as a rule; some left out, another order, blanks, what is no JSON. */
const record = fc
  .tuple(
    fc.tuple(...NAMES.map((name) => fc.option(member(name), { freq: 8, nil: undefined }))),
    fc.constantFrom(',', ',', ', ', ' ,'),
    fc.constantFrom(':', ':', ': ', ' :'),
    fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.nat() }),
    fc.constantFrom('', '', '', '', '', '\n', ' ', ',', 'x'),
  )
  .map(([members, comma, colon, turn, tail]) => {
    const there = members.filter((each) => each !== undefined)
    const at = turn === undefined || there.length === 0 ? 0 : turn % there.length
    const ordered = [...there.slice(at), ...there.slice(0, at)]
    return `{${ordered.map(([name, value]) => `"${name}"${colon}${value}`).join(comma)}}${tail}`
  })

const exact = jsonDeserializer(Every)
const scan = columnScanner(Every)!

/** The texts one behind the other, with a byte of something else around each. */
function slicesOf(texts: readonly (string | Buffer)[]): Slices {
  const parts = texts.map((text) => Buffer.from(text as string))
  const bytes = Buffer.concat(parts.flatMap((part) => [Buffer.from('"'), part]))
  const starts = new Int32Array(texts.length + 1)
  const ends = new Int32Array(texts.length + 1)
  let at = 0
  parts.forEach((part, i) => {
    starts[i + 1] = at + 1
    ends[i + 1] = at += 1 + part.length
  })
  return { bytes, starts, ends, first: 1 }
}

function check(texts: readonly (string | Buffer)[]): void {
  const expected = texts.map((text) => exact.decode(Buffer.from(text as string)))
  const rows = scan(slicesOf(texts), texts.length)
  if (!expected.every(({ ok }) => ok)) {
    expect(rows).toBeUndefined()
    return
  }
  expect(rows!.make()).toStrictEqual(expected.map((result) => result.ok && result.value))
}

describe('a scanned batch', () => {
  test(`has the rows of the exact decoder (seed ${FRESH_SEED})`, () => {
    const valid = record.filter((text) => exact.decode(Buffer.from(text)).ok)
    fc.assert(fc.property(fc.array(valid, { minLength: 1, maxLength: 8 }), check), runs(10_000))
  })

  test(`is none as soon as a record is none (seed ${FRESH_SEED})`, () => {
    fc.assert(fc.property(fc.array(record, { minLength: 1, maxLength: 3 }), check), runs(10_000))
  })

  test(`reads no byte that is not the record's (seed ${FRESH_SEED})`, () => {
    const cut = fc.tuple(record, fc.nat()).map(([text, at]) => Buffer.from(text).subarray(0, at % (text.length + 1)))
    const flipped = fc.tuple(record, fc.nat(), fc.nat({ max: 255 })).map(([text, at, byte]) => {
      const bytes = Buffer.from(text)
      bytes[at % bytes.length] = byte
      return bytes
    })
    fc.assert(fc.property(fc.array(fc.oneof(cut, flipped), { minLength: 1, maxLength: 2 }), check), runs(10_000))
  })

  test('tells columns as rows hold them, and encoded', () => {
    const rows = scan(slicesOf(['{"text":"a","wide":7}', '{"text":null,"wide":-8,"flag":true}', '{"text":"ä"}']), 3)!
    expect([...(rows.column!('text') as unknown[])]).toEqual(['a', null, 'ä'])
    expect([...(rows.column!('wide') as unknown[])]).toEqual([7n, -8n, null])
    expect(rows.column!('other')).toBeUndefined()
    const { data, offsets, used, valid } = rows.encoded!('text') as Extract<
      NonNullable<ReturnType<NonNullable<typeof rows.encoded>>>,
      { kind: 'utf8' }
    >
    expect(Buffer.from(data.subarray(0, used)).toString()).toBe('aä')
    expect([...offsets]).toEqual([0, 1, 1, 3])
    expect([...valid!]).toEqual([1, 0, 1])
  })

  test('is left to the decoder for what it does not know', () => {
    expect(columnScanner(z.object({ list: z.array(z.string()) }))).toBeUndefined()
    expect(columnScanner(z.object({ bytes: binary() }))).toBeUndefined()
    expect(columnScanner(z.object({ wide: decimal(20, 2) }))).toBeUndefined()
  })

  test('takes a tombstone for no record', () => {
    expect(
      scan({ bytes: Buffer.from('{}'), starts: Int32Array.of(-1), ends: Int32Array.of(-1), first: 0 }, 1),
    ).toBeUndefined()
  })

  test.each([0x00, 0xff, 0x20, 0x7f])('takes ten bytes %i for no date', (byte) => {
    const odd = Buffer.concat([Buffer.from('{"day":"'), Buffer.alloc(10, byte), Buffer.from('"}')])
    const good = Buffer.from('{"day":"1970-01-01"}')
    for (const records of [[odd], [good, odd], [good, good]]) check(records)
  })

  test('goes no further than the end of a record that is cut off, whatever stands behind it', () => {
    const [cut, behind] = [Buffer.from('{"text":"cut'), Buffer.alloc(1_000, 'x')]
    const records = { bytes: Buffer.concat([cut, behind]), starts: Int32Array.of(0), ends: Int32Array.of(cut.length) }
    expect(scan({ ...records, first: 0 }, 1)).toBeUndefined()
  })

  test('has fields of any name', () => {
    const Odd = z.object({ __proto__x: int(), "a'b": int(), 'q"uote': z.string(), ü: int() })
    const text = '{"__proto__x":1,"a\'b":2,"q\\"uote":"x","ü":3}'
    expect(columnScanner(Odd)!(slicesOf([text]), 1)!.make()).toEqual([JSON.parse(text)])
  })
})
