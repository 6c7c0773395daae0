import avsc from 'avsc'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { decimalSizeBytes, wireAvroSchema } from '../../../topology/schema/avro.ts'
import {
  avroSchema,
  binary,
  date,
  decimal,
  type Field,
  fieldsOf,
  fixed,
  long,
  timestamp,
  timestamptz,
  uuid,
} from '../../../topology/schema/index.ts'

describe('wireAvroSchema', () => {
  it('is what other readers of a topic expect: no ids, logical types, null as the default', () => {
    const Order = z.object({
      id: long(),
      amount: decimal(18, 2).optional().describe('money'),
      at: timestamptz(),
      local: timestamp(),
      token: uuid(),
      code: fixed(3),
      lines: z.array(z.object({ on: date() })),
    })
    expect(wireAvroSchema('com.shop.Order', fieldsOf(Order))).toEqual({
      type: 'record',
      name: 'Order',
      namespace: 'com.shop',
      fields: [
        { name: 'id', type: 'long' },
        {
          name: 'amount',
          type: ['null', { type: 'bytes', logicalType: 'decimal', precision: 18, scale: 2 }],
          default: null,
          doc: 'money',
        },
        { name: 'at', type: { type: 'long', logicalType: 'timestamp-micros' } },
        { name: 'local', type: { type: 'long', logicalType: 'local-timestamp-micros' } },
        { name: 'token', type: { type: 'string', logicalType: 'uuid' } },
        { name: 'code', type: { type: 'fixed', name: 'fixed_3', size: 3 } },
        {
          name: 'lines',
          type: {
            type: 'array',
            items: {
              type: 'record',
              name: 'Order_lines_element',
              fields: [{ name: 'on', type: { type: 'int', logicalType: 'date' } }],
            },
          },
        },
      ],
    })
  })
})

describe('avroSchema', () => {
  it('is as the Iceberg specification maps types', () => {
    const fields: Field[] = [
      { id: 1, name: 'id', required: true, type: { kind: 'uuid' } },
      { id: 2, name: 'amount', required: false, type: { kind: 'decimal', precision: 18, scale: 2 }, doc: 'money' },
      { id: 3, name: 'at', required: true, type: { kind: 'timestamptz' } },
      { id: 4, name: 'first-name', required: true, type: { kind: 'string' } },
      {
        id: 5,
        name: 'tags',
        required: true,
        type: { kind: 'list', elementId: 6, element: { kind: 'binary' }, elementRequired: false },
      },
      {
        id: 7,
        name: 'counts',
        required: true,
        type: {
          kind: 'map',
          keyId: 8,
          key: { kind: 'string' },
          valueId: 9,
          value: { kind: 'long' },
          valueRequired: true,
        },
      },
      {
        id: 10,
        name: 'days',
        required: true,
        type: {
          kind: 'map',
          keyId: 11,
          key: { kind: 'date' },
          valueId: 12,
          value: { kind: 'int' },
          valueRequired: false,
        },
      },
      {
        id: 13,
        name: 'place',
        required: true,
        type: { kind: 'struct', fields: [{ id: 14, name: 'x', required: true, type: { kind: 'double' } }] },
      },
    ]
    expect(avroSchema('order', fields)).toEqual({
      type: 'record',
      name: 'order',
      fields: [
        { name: 'id', type: { type: 'fixed', name: 'uuid_fixed', size: 16, logicalType: 'uuid' }, 'field-id': 1 },
        {
          name: 'amount',
          type: [
            'null',
            { type: 'fixed', name: 'decimal_18_2', size: 8, logicalType: 'decimal', precision: 18, scale: 2 },
          ],
          default: null,
          doc: 'money',
          'field-id': 2,
        },
        { name: 'at', type: { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': true }, 'field-id': 3 },
        { name: 'first_x2Dname', type: 'string', 'iceberg-field-name': 'first-name', 'field-id': 4 },
        { name: 'tags', type: { type: 'array', items: ['null', 'bytes'], 'element-id': 6 }, 'field-id': 5 },
        { name: 'counts', type: { type: 'map', values: 'long', 'key-id': 8, 'value-id': 9 }, 'field-id': 7 },
        {
          name: 'days',
          type: {
            type: 'array',
            logicalType: 'map',
            items: {
              type: 'record',
              name: 'k11_v12',
              fields: [
                { name: 'key', type: { type: 'int', logicalType: 'date' }, 'field-id': 11 },
                { name: 'value', type: ['null', 'int'], default: null, 'field-id': 12 },
              ],
            },
          },
          'field-id': 10,
        },
        {
          name: 'place',
          type: { type: 'record', name: 'r13', fields: [{ name: 'x', type: 'double', 'field-id': 14 }] },
          'field-id': 13,
        },
      ],
    })
  })

  it('is accepted by an Avro library, also where types and names repeat and no field has an id', () => {
    const Point = z.object({ x: decimal(9, 3), id: uuid(), raw: fixed(4), at: timestamp() })
    const Shape = z.object({
      a: Point,
      b: Point.optional(),
      path: z.array(Point),
      byDay: z.map(date(), Point),
      byName: z.record(z.string(), z.array(binary().nullable())),
      at: timestamptz().nullish(),
      '1st': z.string(),
    })
    const type = avsc.Type.forSchema(avroSchema('shape', fieldsOf(Shape)) as avsc.Schema)
    const point = { x: Buffer.alloc(4), id: Buffer.alloc(16), raw: Buffer.alloc(4), at: 1 }
    const value = {
      a: point,
      b: null,
      path: [point],
      byDay: [{ key: 1, value: point }],
      byName: {},
      at: null,
      _1st: 'x',
    }
    expect(type.isValid(value)).toBe(true)
    expect(type.fromBuffer(type.toBuffer(value))).toMatchObject({ _1st: 'x', path: [{ at: 1 }] })
  })

  it('gives decimals the bytes the specification lists', () => {
    const sizes = [1, 2, 3, 4, 5, 7, 9, 10, 18, 19, 21, 38].map((precision) => [precision, decimalSizeBytes(precision)])
    expect(Object.fromEntries(sizes)).toEqual({
      1: 1,
      2: 1,
      3: 2,
      4: 2,
      5: 3,
      7: 4,
      9: 4,
      10: 5,
      18: 8,
      19: 9,
      21: 9,
      38: 16,
    })
  })
})
