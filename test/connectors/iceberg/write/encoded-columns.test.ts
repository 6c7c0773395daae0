/** A column that comes as typed arrays is written as its values would be. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createMember } from '../../../../connectors/iceberg/write/create-column.ts'
import { appendColumn } from '../../../../connectors/iceberg/write/nested-columns.ts'
import { Batch } from '../../../../topology/element.ts'
import type { Slices } from '../../../../topology/encoded-column.ts'
import {
  date,
  decimal,
  double,
  fieldsOf,
  int,
  int53,
  long,
  timestamptz,
  uuid,
} from '../../../../topology/schema/index.ts'
import { columnScanner } from '../../../../topology/schema/scan/column-scanner.ts'
import { FRESH_SEED, runs } from '../../../support/scale.ts'

const Row = z.object({
  text: z.string().nullish(),
  id: uuid().nullish(),
  flag: z.boolean().nullish(),
  small: int().nullish(),
  wide: long().nullish(),
  safe: int53().nullish(),
  rate: double().nullish(),
  price: decimal(9, 2).nullish(),
  day: date().nullish(),
  at: timestamptz().nullish(),
})

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 4 })
const instant = fc.date({ min: new Date('1970-01-01'), max: new Date('2199-12-31'), noInvalidDate: true })
const wire = fc.record({
  text: optional(fc.string({ unit: 'grapheme' })),
  id: optional(fc.uuid()),
  flag: optional(fc.boolean()),
  small: optional(fc.integer()),
  wide: optional(fc.maxSafeInteger()),
  safe: optional(fc.maxSafeInteger()),
  rate: optional(fc.double({ noNaN: true, noDefaultInfinity: true })),
  price: optional(fc.integer({ min: -999_999_999, max: 999_999_999 }).map((cents) => cents / 100)),
  day: optional(instant.map((at) => at.toISOString().slice(0, 10))),
  at: optional(instant.map((at) => at.toISOString())),
})

function slicesOf(rows: readonly object[]): Slices {
  const parts = rows.map((row) => Buffer.from(JSON.stringify(row)))
  const starts = new Int32Array(parts.length)
  const ends = new Int32Array(parts.length)
  let at = 0
  parts.forEach((part, i) => {
    starts[i] = at
    ends[i] = at += part.length
  })
  return { bytes: Buffer.concat(parts), starts, ends, first: 0 }
}

test(`over several batches, nulls among them (seed ${FRESH_SEED})`, () => {
  const scan = columnScanner(Row)!
  fc.assert(
    fc.property(
      fc.array(fc.array(wire, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 4 }),
      (batches) => {
        const fields = fieldsOf(Row)
        const copied = fields.map((field) => createMember(field))
        const filled = fields.map((field) => createMember(field))
        for (const rows of batches) {
          const scanned = scan(slicesOf(rows), rows.length)!
          for (const member of copied) appendColumn(member, new Batch(scanned), undefined, rows.length)
          for (const member of filled) appendColumn(member, new Batch(scanned.make()), undefined, rows.length)
        }
        const taken = (members: typeof copied) => members.map(({ column }) => column.take())
        expect(taken(copied)).toEqual(taken(filled))
      },
    ),
    runs(2_000),
  )
})

test('what is required and null is refused', () => {
  const Required = z.object({ text: z.string() })
  const scanned = columnScanner(Required)!(slicesOf([{ text: 'a' }, {}]), 2)!
  const member = createMember(fieldsOf(Required)[0]!)
  expect(() => appendColumn(member, new Batch(scanned), undefined, 2)).toThrow("column 'text' is required")
})

test.each([
  ['text that is no uuid', z.object({ it: z.string() }), { it: 'x'.repeat(36) }, uuid(), 'takes a uuid'],
  ['half a cent', z.object({ it: double() }), { it: 0.5 }, decimal(9, 2), 'takes a scaled integer below'],
  [
    'more digits than there is room for',
    z.object({ it: double() }),
    { it: 1e9 },
    decimal(9, 2),
    'takes a scaled integer',
  ],
  ['half of one', z.object({ it: double() }), { it: 0.5 }, long(), 'takes an integer of 64 bits'],
])('%s is refused as it is of rows', (_, from, row, into, message) => {
  const scanned = columnScanner(from)!(slicesOf([row]), 1)!
  const member = createMember(fieldsOf(z.object({ it: into }))[0]!)
  expect(() => appendColumn(member, new Batch(scanned), undefined, 1)).toThrow(message)
})
