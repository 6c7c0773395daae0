/** Random schemas, each with random rows of it: for what must bring any of them through bytes and back. */
import fc from 'fast-check'
import { z } from 'zod'
import {
  binary,
  date,
  decimal,
  double,
  fixed,
  float,
  int,
  int53,
  long,
  time,
  timestamp,
  timestamptz,
  uuid,
} from '../../../../topology/schema/index.ts'

interface Values {
  readonly schema: z.ZodType
  readonly value: fc.Arbitrary<unknown>
  /** Whether it can be the key of a map. */
  readonly isKey?: boolean
}

export interface Records {
  readonly schema: z.ZodObject
  readonly row: fc.Arbitrary<Record<string, unknown>>
}

export interface RecordsOptions {
  /** Whether null may be in a list or a map, and lists and maps may be null or in each other. */
  readonly nullsInside: boolean
}

const longs = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n), 0n),
)
/** Of the years 0001 to 9999. */
const micros = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n })
const text = fc.string({ unit: 'binary', maxLength: 12 })
const bytes = (constraints: fc.IntArrayConstraints) => fc.uint8Array(constraints).map((array) => new Uint8Array(array))

const SCALARS: readonly Values[] = [
  { schema: z.boolean(), value: fc.boolean(), isKey: true },
  { schema: int(), value: fc.integer(), isKey: true },
  { schema: int53(), value: fc.maxSafeInteger(), isKey: true },
  { schema: long(), value: longs, isKey: true },
  { schema: float(), value: fc.float({ noNaN: true, noDefaultInfinity: true }) },
  { schema: double(), value: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { schema: decimal(12, 2), value: fc.integer({ min: -(10 ** 12) + 1, max: 10 ** 12 - 1 }) },
  { schema: decimal(38, 10), value: fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }) },
  { schema: date(), value: fc.integer({ min: -719_162, max: 2_932_896 }), isKey: true },
  { schema: time(), value: fc.bigInt({ min: 0n, max: 86_399_999_999n }) },
  { schema: timestamp(), value: micros },
  { schema: timestamptz(), value: micros },
  { schema: z.string(), value: text, isKey: true },
  { schema: z.enum(['a', 'b']), value: fc.constantFrom('a', 'b') },
  { schema: uuid(), value: fc.uuid(), isKey: true },
  { schema: fixed(3), value: bytes({ minLength: 3, maxLength: 3 }) },
  { schema: binary(), value: bytes({ maxLength: 8 }) },
]

const KEYS = SCALARS.filter(({ isKey }) => isKey === true)

/** @example fc.assert(fc.property(arbitraryRecords({ nullsInside: true }).chain(…), …)) */
export function arbitraryRecords(options: RecordsOptions): fc.Arbitrary<Records> {
  return records(options, 2)
}

function records(options: RecordsOptions, depth: number): fc.Arbitrary<Records> {
  const field = fc.tuple(values(options, depth), fc.boolean())
  return fc.array(field, { minLength: 1, maxLength: 6 }).map((fields) => {
    const named = fields.map(([each, isOptional], index) => {
      const optional = isOptional && (options.nullsInside || !isCollection(each.schema))
      return [`f${index}`, optional ? nullable(each) : each] as const
    })
    return {
      schema: z.object(Object.fromEntries(named.map(([name, { schema }]) => [name, schema]))),
      // As a decoder makes them: plain objects.
      row: fc.record(Object.fromEntries(named.map(([name, { value }]) => [name, value])), { noNullPrototype: true }),
    }
  })
}

function values(options: RecordsOptions, depth: number): fc.Arbitrary<Values> {
  const scalar = fc.constantFrom(...SCALARS)
  if (depth === 0) return scalar
  const struct = records(options, depth - 1).map(({ schema, row }): Values => ({ schema, value: row }))
  const inner = options.nullsInside ? values(options, depth - 1) : fc.oneof(scalar, struct)
  const item = fc
    .tuple(inner, fc.boolean())
    .map(([each, isNullable]) => (isNullable && options.nullsInside ? nullable(each) : each))
  const list = item.map(
    ({ schema, value }): Values => ({ schema: z.array(schema), value: fc.array(value, { maxLength: 4 }) }),
  )
  const map = fc.tuple(fc.constantFrom(...KEYS), item).map(
    ([key, { schema, value }]): Values => ({
      schema: z.map(key.schema, schema),
      value: fc.array(fc.tuple(key.value, value), { maxLength: 4 }).map((entries) => new Map(entries)),
    }),
  )
  return fc.oneof({ weight: 4, arbitrary: scalar }, struct, list, map)
}

function nullable({ schema, value }: Values): Values {
  return { schema: schema.nullish(), value: fc.option(value, { nil: null }) }
}

function isCollection(schema: z.ZodType): boolean {
  return schema instanceof z.ZodArray || schema instanceof z.ZodMap
}
