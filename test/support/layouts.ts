/** Random layouts of state, and random values of them. */
import fc from 'fast-check'
import type { Layout, PresentLayout } from '../../topology/state/layout.ts'
import { isNullable } from '../../topology/state/layout.ts'

const int64s = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }),
  fc.bigInt({ min: -100n, max: 100n }),
)
const strings = fc.oneof(fc.string({ maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 8 }))
const ints = fc.oneof(fc.integer(), fc.integer({ min: -5, max: 5 }))

/** By primitive layout: any value of it. */
const PRIMITIVES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  int: ints,
  date: ints,
  int53: fc.oneof(
    fc.maxSafeInteger(),
    fc.constantFrom(2 ** 52, -(2 ** 52), 2 ** 52 - 1, 1 - 2 ** 52, 2 ** 53 - 1, 1 - 2 ** 53),
  ),
  long: int64s,
  time: int64s,
  timestamp: int64s,
  timestamptz: int64s,
  'decimal(15, 2)': fc.integer({ min: 1 - 10 ** 15, max: 10 ** 15 - 1 }),
  'decimal(38, 6)': fc.oneof(int64s, fc.bigInt({ min: 1n - 10n ** 38n, max: 10n ** 38n - 1n })),
  float: fc.float(),
  double: fc.double(),
  boolean: fc.boolean(),
  string: strings,
  uuid: fc.uuid(),
  binary: fc.uint8Array({ maxLength: 20 }),
  'fixed[4]': fc.uint8Array({ minLength: 4, maxLength: 4 }),
}
const NO_KEYS = ['binary', 'fixed[4]', 'double', 'float']

const primitives = fc.constantFrom(...Object.keys(PRIMITIVES))
const keys = fc.constantFrom(...Object.keys(PRIMITIVES).filter((name) => !NO_KEYS.includes(name)))
const names = fc.constantFrom('a', 'b', 'c', 'user id', '7', 'toString', 'd', 'e', 'f', 'g')

/** Any layout, at most three deep. */
export const layouts: fc.Arbitrary<Layout> = layoutsOf(3)

function layoutsOf(depth: number): fc.Arbitrary<Layout> {
  const present = depth === 0 ? primitives : fc.oneof(primitives, composites(depth))
  return fc.tuple(present, fc.boolean()).map(([layout, nullable]) => (nullable ? { nullable: layout } : layout))
}

function composites(depth: number): fc.Arbitrary<PresentLayout> {
  const inner = layoutsOf(depth - 1)
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc.dictionary(names, inner, { maxKeys: 10, noNullPrototype: true }).map((struct) => ({ struct })),
    },
    { weight: 1, arbitrary: inner.map((list) => ({ list })) },
    { weight: 1, arbitrary: fc.tuple(keys, inner).map((map) => ({ map })) },
  )
}

/** Any value of a layout. */
export function valuesOf(layout: Layout): fc.Arbitrary<unknown> {
  if (isNullable(layout)) return fc.option(valuesOf(layout.nullable))
  if (typeof layout === 'string') return PRIMITIVES[layout]!
  if ('list' in layout) return fc.array(valuesOf(layout.list), { maxLength: 4 })
  if ('map' in layout) {
    const entries = fc.tuple(valuesOf(layout.map[0]), valuesOf(layout.map[1]))
    return fc.array(entries, { maxLength: 4 }).map((all) => new Map(all))
  }
  const fields = Object.entries(layout.struct).map(([name, field]) => [name, valuesOf(field)] as const)
  return fc.record(Object.fromEntries(fields), { noNullPrototype: true })
}

/** A layout and some values of it. */
export const layoutsWithValues = layouts.chain((layout) =>
  fc.tuple(fc.constant(layout), fc.array(valuesOf(layout), { minLength: 1, maxLength: 4 })),
)
