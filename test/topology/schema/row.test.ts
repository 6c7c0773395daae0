import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import {
  binary,
  type DecimalValue,
  type DecodedRow,
  date,
  decimal,
  int,
  jsonDeserializer,
  jsonSerializer,
  long,
  type Row,
  timestamptz,
  uuid,
  validate,
  type Wire,
} from '../../../topology/schema/index.ts'

const Order = z.object({
  id: long(),
  user: z.string().brand('user'),
  status: z.enum(['open', 'paid']),
  small: decimal(15, 2),
  large: decimal(18, 2).nullish(),
  at: timestamptz().optional(),
  day: date().nullable(),
  count: int().default(1),
  key: uuid().refine((value) => value !== ''),
  raw: binary(),
  lines: z.array(z.object({ sku: z.string(), note: z.string().optional() }).readonly()),
  maybe: z.array(z.string().nullable()).optional(),
  attributes: z.record(z.string(), z.number().optional()),
  totals: z.map(z.string(), long()),
  required: z.string().nullish().nonoptional(),
  present: z.string().optional().nonoptional(),
})

type OrderRow = Row<typeof Order>

describe('Row', () => {
  it('has every field, null for absent, and values as they are in memory', () => {
    expectTypeOf<OrderRow>().toEqualTypeOf<{
      id: bigint
      user: string & z.core.$brand<'user'>
      status: 'open' | 'paid'
      small: number
      large: bigint | null
      at: bigint | null
      day: number | null
      count: number
      key: string
      raw: Uint8Array
      lines: { sku: string; note: string | null }[]
      maybe: (string | null)[] | null
      attributes: Map<string, number | null>
      totals: Map<string, bigint>
      required: string | null
      present: string
    }>()
  })

  it('types decimals by their precision', () => {
    expectTypeOf<DecimalValue<15>>().toEqualTypeOf<number>()
    expectTypeOf<DecimalValue<16>>().toEqualTypeOf<bigint>()
    expectTypeOf<DecimalValue<number>>().toEqualTypeOf<number | bigint>()
  })

  it('refuses unknown and wrong fields', () => {
    const Small = z.object({ id: long(), note: z.string().optional() })
    const row: Row<typeof Small> = { id: 1n, note: null }
    expectTypeOf(row.id).toEqualTypeOf<bigint>()
    // @ts-expect-error an unknown field
    row.colour
    // @ts-expect-error a long is a bigint
    row.id = 1
    // @ts-expect-error absent is null
    row.note = undefined
    // @ts-expect-error every field is there
    const missing: Row<typeof Small> = { id: 1n }
    expectTypeOf(missing).toEqualTypeOf<Row<typeof Small>>()
  })
})

describe('Wire', () => {
  it('is what JSON holds', () => {
    const Small = z.object({ id: long(), amount: decimal(18, 2), at: timestamptz(), raw: binary().optional() })
    expectTypeOf<Wire<typeof Small>>().toEqualTypeOf<{
      id: number | string
      amount: number | string
      at: string
      raw?: string | undefined
    }>()
  })
})

describe('DecodedRow', () => {
  it('may be null anywhere and holds any value of the type', () => {
    const Small = z.object({ id: long(), status: z.enum(['a', 'b']), inner: z.object({ tags: z.array(z.string()) }) })
    expectTypeOf<DecodedRow<typeof Small>>().toEqualTypeOf<{
      id: bigint | null
      status: string | null
      inner: { tags: (string | null)[] | null } | null
    }>()
    expectTypeOf<Row<typeof Small>>().toExtend<DecodedRow<typeof Small>>()
  })
})

describe('functions', () => {
  it('carry the types', () => {
    const result = jsonDeserializer(Order).decode(new Uint8Array())
    if (result.ok) expectTypeOf(result.value).toEqualTypeOf<DecodedRow<typeof Order>>()
    const validated = validate(Order, {})
    if (validated.ok) expectTypeOf(validated.value).toEqualTypeOf<OrderRow>()
    expectTypeOf(jsonSerializer(Order).encode).parameter(0).toEqualTypeOf<OrderRow>()
  })
})
