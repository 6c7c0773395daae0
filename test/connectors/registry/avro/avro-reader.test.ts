import type { Schema } from 'avsc'
import avsc from 'avsc'
import { describe, expect, it, test } from 'vitest'
import { z } from 'zod'
import { avroReader } from '../../../../connectors/registry/avro/avro-reader.ts'
import { avroType } from '../../../../connectors/registry/avro/avro-type.ts'
import {
  binary,
  date,
  decimal,
  double,
  fixed,
  int,
  int53,
  long,
  structOf,
  time,
  timestamp,
  timestamptz,
  uuid,
} from '../../../../topology/schema/index.ts'
import { Refusal } from '../../../../topology/schema/json-values.ts'

/** Reads what avsc, with nothing of ours, writes of `value` as `written`. */
function read(written: Schema, value: unknown, schema: z.ZodType): unknown {
  const record = { type: 'record', name: 'r', fields: [{ name: 'v', type: written }] } as unknown as Schema
  const bytes = avsc.Type.forSchema(record).toBuffer({ v: value })
  const writer = avroType(JSON.stringify(record))
  const row = avroReader(writer, structOf(z.object({ v: schema })))(writer.fromBuffer(bytes))
  return row instanceof Refusal ? `${row.path}: ${row.message}` : row['v']
}

const logical = (type: string, logicalType: string) => ({ type, logicalType }) as unknown as Schema
const decimalOf = (precision: number, scale: number) =>
  ({ type: 'bytes', logicalType: 'decimal', precision, scale }) as unknown as Schema

describe('what was written otherwise', () => {
  test.each<[string, Schema, unknown, z.ZodType, unknown]>([
    ['an int as a long', 'int', 7, long(), 7n],
    ['an int as an int53', 'int', 7, int53(), 7],
    ['a long as a double', 'long', 7, double(), 7],
    ['a float as a double', 'float', 0.5, double(), 0.5],
    ['bytes as a string', 'bytes', Buffer.from('ä'), z.string(), 'ä'],
    ['a string as bytes', 'string', 'ä', binary(), new TextEncoder().encode('ä')],
    ['an enum as a string', { type: 'enum', name: 'e', symbols: ['A', 'B'] }, 'B', z.string(), 'B'],
    ['fixed as binary', { type: 'fixed', name: 'f', size: 2 }, Buffer.from([1, 2]), binary(), Uint8Array.of(1, 2)],
    ['milliseconds as an instant', logical('long', 'timestamp-millis'), -1, timestamptz(), -1_000n],
    ['nanoseconds, rounded down', logical('long', 'timestamp-nanos'), -1, timestamptz(), -1n],
    ['a time in milliseconds', logical('int', 'time-millis'), 5, time(), 5_000n],
    ['an instant as a local time', logical('long', 'timestamp-micros'), 5, timestamp(), 5n],
    ['a plain int as a date', 'int', 5, date(), 5],
    ['a decimal of fewer decimals', decimalOf(9, 1), Buffer.from([0xff]), decimal(9, 2), -10],
    ['a decimal of more decimals, that are zeros', decimalOf(9, 3), Buffer.from([0x0a]), decimal(9, 2), 1],
    ['an int as a decimal', 'int', 3, decimal(20, 2), 300n],
    [
      'a UUID in upper case',
      'string',
      '0E8D5EE2-1111-4222-8333-444455556666',
      uuid(),
      '0e8d5ee2-1111-4222-8333-444455556666',
    ],
    ['null', ['null', 'int'], null, int(), null],
    ['a branch of several', ['null', 'int', 'string'], { string: 'x' }, z.string(), 'x'],
    [
      'a list of pairs as a map',
      {
        type: 'array',
        items: {
          type: 'record',
          name: 'p',
          fields: [
            { name: 'key', type: 'int' },
            { name: 'value', type: 'string' },
          ],
        },
      } as unknown as Schema,
      [{ key: 1, value: 'a' }],
      z.map(int(), z.string()),
      new Map([[1, 'a']]),
    ],
    [
      'a record of other fields',
      {
        type: 'record',
        name: 's',
        fields: [
          { name: 'b', type: 'int' },
          { name: 'c', type: 'int' },
        ],
      },
      { b: 1, c: 2 },
      z.object({ a: int(), b: int() }),
      { a: null, b: 1 },
    ],
  ])('is read: %s', (_name, written, value, schema, expected) => {
    const plain =
      Array.isArray(written) && written.length === 3
        ? avscWrapped(written, value, schema)
        : read(written, value, schema)
    expect(plain).toEqual(expected)
  })

  test.each<[string, Schema, unknown, z.ZodType, string]>([
    [
      'a decimal that would lose digits',
      decimalOf(9, 3),
      Buffer.from([0x0b]),
      decimal(9, 2),
      'v: expected decimal(9, 2), got more than 2 decimals',
    ],
    [
      'a decimal of too many digits',
      decimalOf(9, 0),
      Buffer.from([0x64]),
      decimal(2, 0),
      'v: expected decimal(2, 0), got more than 2 digits',
    ],
    [
      'bytes that are no text',
      'bytes',
      Buffer.from([0xff]),
      z.string(),
      'v: expected a string, got bytes that are not UTF-8',
    ],
    ['text that is no UUID', 'string', 'x', uuid(), 'v: expected a UUID, got string "x"'],
  ])('is refused by its value: %s', (_name, written, value, schema, message) => {
    expect(read(written, value, schema)).toBe(message)
  })

  test.each<[Schema, z.ZodType, string]>([
    ['long', int(), "v: Avro long can't be read as int"],
    ['string', long(), "v: Avro string can't be read as long"],
    ['long', timestamptz(), "v: Avro long can't be read as timestamptz"],
    [
      logical('long', 'local-timestamp-micros'),
      timestamptz(),
      "v: Avro long (local-timestamp-micros) can't be read as timestamptz",
    ],
    [decimalOf(9, 2), double(), "v: Avro decimal(9, 2) can't be read as double"],
    [{ type: 'fixed', name: 'f', size: 2 }, fixed(3), "v: Avro fixed can't be read as fixed[3]"],
    [{ type: 'array', items: 'string' }, z.array(int()), "v[]: Avro string can't be read as int"],
    [
      { type: 'record', name: 's', fields: [{ name: 'b', type: 'string' }] },
      z.object({ b: int() }),
      "v.b: Avro string can't be read as int",
    ],
  ])('is refused by its type: %j', (written, schema, message) => {
    const record = JSON.stringify({ type: 'record', name: 'r', fields: [{ name: 'v', type: written }] })
    expect(() => avroReader(avroType(record), structOf(z.object({ v: schema })))).toThrow(message)
  })
})

it('refuses an integer that a number can not hold', () => {
  const writer = avroType('{"type":"record","name":"r","fields":[{"name":"v","type":"long"}]}')
  const row = avroReader(
    writer,
    structOf(z.object({ v: int53() })),
  )(writer.fromBuffer(writer.toBuffer({ v: 2n ** 53n })))
  expect(row).toMatchObject({ path: 'v', message: 'expected an integer within ±(2^53 − 1), got 9007199254740992' })
})

function avscWrapped(written: Schema, value: unknown, schema: z.ZodType): unknown {
  const record = { type: 'record', name: 'r', fields: [{ name: 'v', type: written }] } as unknown as Schema
  const bytes = avsc.Type.forSchema(record, { wrapUnions: 'always' }).toBuffer({ v: value })
  const writer = avroType(JSON.stringify(record))
  return (avroReader(writer, structOf(z.object({ v: schema })))(writer.fromBuffer(bytes)) as Record<string, unknown>)[
    'v'
  ]
}

describe('counts', () => {
  it('are not believed: a few bytes do not take all memory', () => {
    const list = avroType('{"type":"array","items":"null"}')
    const map = avroType('{"type":"map","values":"int"}')
    const many = avsc.Type.forSchema('long').toBuffer(2 ** 40)
    expect(() => list.fromBuffer(many)).toThrow('1099511627776 entries are said to follow, and 0 bytes are left')
    expect(() => map.fromBuffer(many)).toThrow('entries are said to follow')
  })

  it('may come in blocks, with sizes', () => {
    const list = avroType('{"type":"array","items":"int"}')
    // −2 entries of 2 bytes, 1 entry, the end.
    expect(list.fromBuffer(Buffer.from([3, 4, 2, 4, 2, 6, 0]))).toEqual([1, 2, 3])
  })
})

it('knows schemas that others refer to', () => {
  const user = '{"type":"record","name":"shop.User","fields":[{"name":"id","type":"long"}]}'
  const order = '{"type":"record","name":"Order","fields":[{"name":"user","type":"shop.User"}]}'
  const writer = avroType(order, [user])
  const row = avroReader(writer, structOf(z.object({ user: z.object({ id: long() }) })))
  expect(row(writer.fromBuffer(Buffer.from([14])))).toEqual({ user: { id: 7n } })
})
