import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { date, decimal, fixed, float, int, int53, long } from '../../../topology/schema/index.ts'
import { acceptedOf, acceptorOf } from '../../../topology/state/accept-value.ts'
import { layoutOf } from '../../../topology/state/layout.ts'
import { layoutsWithValues } from '../../support/layouts.ts'
import { FRESH_SEED, runs } from '../../support/scale.ts'

const accept = (schema: z.core.SomeType, value: unknown) => acceptedOf(acceptorOf(layoutOf(schema))(value))

describe('what becomes state', () => {
  it(`is a copy of any value of the layout (seed ${FRESH_SEED})`, () => {
    fc.assert(
      fc.property(layoutsWithValues, ([layout, values]) => {
        const acceptor = acceptorOf(layout)
        for (const value of values) {
          const kept = acceptedOf(acceptor(value))
          expect(kept).toEqual(value)
          if (typeof value === 'object' && value !== null) expect(kept).not.toBe(value)
          expect(acceptedOf(acceptor(kept))).toStrictEqual(kept)
        }
      }),
      runs(20_000),
    )
  })

  it('shares nothing with what it was made of', () => {
    const Value = z.object({
      tags: z.array(z.string()),
      inner: z.object({ bytes: fixed(1) }),
      counts: z.record(z.string(), int()),
    })
    const value = { tags: ['a'], inner: { bytes: new Uint8Array([1]) }, counts: new Map([['x', 1]]) }
    const kept = accept(Value, value)
    value.tags.push('b')
    value.inner.bytes[0] = 9
    value.counts.set('y', 2)
    expect(kept).toEqual({ tags: ['a'], inner: { bytes: new Uint8Array([1]) }, counts: new Map([['x', 1]]) })
  })

  it('has the fields of the schema, in its order: null for what may be absent, and nothing else', () => {
    const kept = accept(z.object({ b: int(), a: z.string().optional() }), { more: 1, b: 2 }) as object
    expect(kept).toStrictEqual({ b: 2, a: null })
    expect(Object.keys(kept)).toEqual(['b', 'a'])
  })

  it('has no field that every object inherits', () => {
    const Value = z.object({ toString: z.string().optional(), constructor: z.string().optional() })
    expect(accept(Value, {})).toStrictEqual({ toString: null, constructor: null })
    expect(accept(Value, { toString: 'x' })).toStrictEqual({ toString: 'x', constructor: null })
  })

  it('knows no −0 among integers, and floats of 32 bits only', () => {
    for (const schema of [int(), int53(), date(), decimal(9, 2)]) expect(accept(schema, -0)).toBe(0)
    expect(accept(float(), 0.1)).toBe(Math.fround(0.1))
    expect(accept(z.number(), Number.NaN)).toBe(Number.NaN)
  })

  it.each([
    [int(), 2 ** 31, 'expected an integer of 32 bits, got number 2147483648'],
    [int(), 1.5, 'expected an integer of 32 bits, got number 1.5'],
    [int53(), 2 ** 53, 'expected an integer within ±(2^53 − 1), got number 9007199254740992'],
    [long(), 1, 'expected a bigint of 64 bits, got number 1'],
    [long(), 2n ** 63n, 'expected a bigint of 64 bits, got bigint 9223372036854775808'],
    [decimal(4, 2), 10_000, 'expected the scaled integer of a decimal(4, 2), got number 10000'],
    [decimal(18, 2), 1, 'expected the scaled integer of a decimal(18, 2), as a bigint, got number 1'],
    [
      decimal(18, 2),
      10n ** 18n,
      'expected the scaled integer of a decimal(18, 2), as a bigint, got bigint 1000000000000000000',
    ],
    [z.string(), null, 'expected a string, got null'],
    [z.string(), undefined, 'expected a string, got undefined'],
    [z.boolean(), 'yes', 'expected true or false, got string "yes"'],
    [fixed(2), new Uint8Array(3), 'expected 2 bytes, got an object'],
    [z.array(int()), 'x', 'expected an array, got string "x"'],
    [z.record(z.string(), int()), {}, 'expected a Map, got an object'],
    [
      z.object({ a: z.object({ b: z.array(int()) }) }),
      { a: { b: [1, 'x'] } },
      'a.b[1]: expected an integer of 32 bits, got string "x"',
    ],
    [z.object({ a: z.string() }), {}, 'a: expected a string, got undefined'],
    [z.record(z.string(), int()), new Map([['k', null]]), '["k"]: expected an integer of 32 bits, got null'],
    [z.record(z.string(), int()), new Map([[1, 1]]), '{key}: expected a string, got number 1'],
  ] as [z.core.SomeType, unknown, string][])('is not what the schema does not name: %#', (schema, value, message) => {
    expect(() => accept(schema, value)).toThrow(new TypeError(message))
  })
})
