import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  binary,
  date,
  decimal,
  describeFields,
  double,
  fieldsOf,
  fixed,
  float,
  int,
  int53,
  long,
  structOf,
  time,
  timestamp,
  timestamptz,
  uuid,
} from '../../../topology/schema/index.ts'

/** Name → type, as describeFields spells it. */
function typesOf(shape: z.core.$ZodLooseShape) {
  const fields = describeFields(fieldsOf(z.object(shape))) as { name: string; type: unknown; required: boolean }[]
  return Object.fromEntries(fields.map((field) => [field.name, field.required ? field.type : [field.type]]))
}

describe('fieldsOf', () => {
  it('knows every type of Iceberg v2', () => {
    expect(
      typesOf({
        boolean: z.boolean(),
        int: int(),
        long: long(),
        float: float(),
        double: double(),
        decimal: decimal(38, 10),
        date: date(),
        time: time(),
        timestamp: timestamp(),
        timestamptz: timestamptz(),
        string: z.string(),
        uuid: uuid(),
        fixed: fixed(16),
        binary: binary(),
        struct: z.object({ x: z.string().optional() }),
        list: z.array(z.string().nullable()),
        map: z.map(int(), double()),
      }),
    ).toEqual({
      boolean: 'boolean',
      int: 'int',
      long: 'long',
      float: 'float',
      double: 'double',
      decimal: 'decimal(38, 10)',
      date: 'date',
      time: 'time',
      timestamp: 'timestamp',
      timestamptz: 'timestamptz',
      string: 'string',
      uuid: 'uuid',
      fixed: 'fixed[16]',
      binary: 'binary',
      struct: { struct: [{ name: 'x', type: 'string', required: false }] },
      list: { list: 'string', required: false },
      map: { map: ['int', 'double'], required: true },
    })
  })

  it('reads plain zod', () => {
    expect(
      typesOf({
        number: z.number(),
        integer: z.int(),
        checked: z.number().int().min(0),
        int32: z.int32(),
        uint32: z.uint32(),
        bigint: z.bigint(),
        enum: z.enum(['a', 'b']),
        literal: z.literal(['a', 'b']),
        flag: z.literal(true),
        version: z.literal(1),
        email: z.email(),
        datetime: z.iso.datetime(),
        uuid: z.uuid(),
        legacyUuid: z.string().uuid(),
        template: z.templateLiteral(['a-', z.string()]),
        record: z.record(z.string(), z.int()),
        lazy: z.lazy(() => z.string()),
      }),
    ).toEqual({
      number: 'double',
      integer: 'long',
      checked: 'long',
      int32: 'int',
      uint32: 'long',
      bigint: 'long',
      enum: 'string',
      literal: 'string',
      flag: 'boolean',
      version: 'int',
      email: 'string',
      datetime: 'string',
      uuid: 'uuid',
      legacyUuid: 'uuid',
      template: 'string',
      record: { map: ['string', 'long'], required: true },
      lazy: 'string',
    })
  })

  it('sees through wrappers, and takes what may be absent as not required', () => {
    expect(
      typesOf({
        optional: z.string().optional(),
        nullable: z.string().nullable(),
        nullish: z.string().nullish(),
        default: z.string().default('x'),
        union: z.union([z.string(), z.null()]),
        nonoptional: z.string().optional().nonoptional(),
        refined: decimal(5, 2).refine((value) => value >= 0),
        branded: long().brand('id'),
        readonly: z.array(z.string()).readonly(),
        described: timestamptz().describe('when'),
        literal: z.literal(['a', null]),
      }),
    ).toEqual({
      optional: ['string'],
      nullable: ['string'],
      nullish: ['string'],
      default: ['string'],
      union: ['string'],
      nonoptional: 'string',
      refined: 'decimal(5, 2)',
      branded: 'long',
      readonly: { list: 'string', required: true },
      described: 'timestamptz',
      literal: ['string'],
    })
  })

  it('numbers nothing, and keeps docs and what is a number in memory', () => {
    expect(fieldsOf(z.object({ id: int53().describe('the id').optional(), at: z.array(z.int()) }))).toEqual([
      { id: -1, name: 'id', required: false, type: { kind: 'long' }, doc: 'the id', int53: true },
      {
        id: -1,
        name: 'at',
        required: true,
        type: { kind: 'list', elementId: -1, element: { kind: 'long' }, elementRequired: true, elementInt53: true },
      },
    ])
  })

  it('knows which objects accept unknown fields', () => {
    expect(structOf(z.object({})).open).toBeUndefined()
    expect(structOf(z.strictObject({})).open).toBeUndefined()
    expect(structOf(z.looseObject({})).open).toBe(true)
    expect(structOf(z.object({}).catchall(z.string())).open).toBe(true)
  })

  const Self: z.ZodType = z.object({
    get next() {
      return Self.optional()
    },
  })

  it.each([
    ['a Date', { a: z.object({ at: z.date() }) }, 'field a.at: z.date()', /timestamptz\(\)/],
    ['any', { a: z.any() }, 'field a: z.any()', /Name the type/],
    ['unknown', { a: z.array(z.unknown()) }, 'field a[]: z.unknown()', /Name the type/],
    ['a transform', { a: z.string().transform(Number) }, 'field a: z.pipe()', /wire form/],
    ['a foreign codec', { a: z.stringbool() }, 'field a: z.pipe()', /wire form/],
    ['a coercion', { a: z.coerce.number() }, 'field a: z.coerce', /z\.number\(\)/],
    ['a union', { a: z.union([z.string(), z.number()]) }, 'field a: a union', /optional/],
    ['a tuple', { a: z.tuple([z.string()]) }, 'field a: z.tuple()', /z\.array/],
    ['a set', { a: z.set(z.string()) }, 'field a: z.set()', /z\.array/],
    ['null alone', { a: z.null() }, 'field a: z.null()', /nullable/],
    ['catch', { a: z.string().catch('x') }, 'field a: z.catch()', /default/],
    ['uint64', { a: z.uint64() }, 'field a: a 64-bit unsigned integer', /decimal\(20, 0\)/],
    ['values of several types', { a: z.literal(['a', 1]) }, 'field a: the values of z.literal()', /strings/],
    ['a struct as key', { a: z.map(z.object({}), z.string()) }, 'field a: the key of a map', /z\.array/],
    ['__proto__', { ['__proto__']: z.string() }, 'field __proto__', /Rename/],
    ['recursion', { a: Self }, 'field a.next: the schema contains itself', /Flatten/],
  ])('refuses %s, naming the field and what to use', (_, shape, message, fix) => {
    expect(() => fieldsOf(z.object(shape as z.core.$ZodLooseShape))).toThrow(
      expect.objectContaining({
        code: 'SCHEMA_UNSUPPORTED',
        message: expect.stringContaining(message),
        fix: expect.stringMatching(fix),
      }),
    )
  })

  it('refuses a record that is no object', () => {
    expect(() => fieldsOf(z.string())).toThrow(expect.objectContaining({ code: 'SCHEMA_UNSUPPORTED' }))
  })

  it('uses one schema in two places', () => {
    const Money = z.object({ amount: decimal(18, 2) })
    expect(Object.keys(typesOf({ net: Money, gross: Money }))).toEqual(['net', 'gross'])
  })
})

describe('kinds', () => {
  it('refuse parameters that no column can have', () => {
    expect(() => decimal(39, 0)).toThrow('precision must be an integer from 1 to 38')
    expect(() => decimal(5, 6)).toThrow('scale must be an integer from 0 to the precision')
    expect(() => fixed(0)).toThrow('length must be above 0')
  })
})
