import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BufferReader, BufferWriter } from '../../../topology/codec/index.ts'
import { acceptedOf, acceptorOf } from '../../../topology/state/accept-value.ts'
import { isNullable, type Layout, presentOf } from '../../../topology/state/layout.ts'
import { breakingChanges } from '../../../topology/state/layout-changes.ts'
import { readerOf, writerOf } from '../../../topology/state/value-bytes.ts'
import { layouts, layoutsWithValues } from '../../support/layouts.ts'
import { FRESH_SEED, runs } from '../../support/scale.ts'

const struct = (fields: Record<string, Layout>): Layout => ({ struct: fields })

describe('breakingChanges', () => {
  it.each([
    ['nothing', struct({ a: 'int' }), struct({ a: 'int' })],
    ['a new field that may be null', struct({ a: 'int' }), struct({ a: 'int', b: { nullable: 'string' } })],
    ['a null that is allowed now', struct({ a: 'int' }), struct({ a: { nullable: 'int' } })],
    ['another order', struct({ a: 'int', b: 'int' }), struct({ b: 'int', a: 'int' })],
    [
      'the same inside a list',
      { list: struct({ a: 'int' }) },
      { list: { nullable: struct({ a: 'int', b: { nullable: 'int' } }) } },
    ],
    ['the same inside a map', { map: ['int', 'int'] }, { map: ['int', { nullable: 'int' }] }],
    ['a null that is allowed now, of the whole', 'int', { nullable: 'int' }],
  ] as [string, Layout, Layout][])('are none of %s', (_, written, declared) => {
    expect(breakingChanges(written, declared)).toEqual([])
  })

  it.each([
    ['int', 'long', ['the value was int and is long']],
    [{ nullable: 'int' }, 'int', ['the value may be null no more']],
    [struct({ a: 'int' }), struct({}), ['a is gone']],
    [struct({}), struct({ a: 'int' }), ["a is new and can't be null"]],
    [struct({ a: 'int' }), struct({ a: 'string' }), ['a was int and is string']],
    [struct({ a: { nullable: 'int' } }), struct({ a: 'int' }), ['a may be null no more']],
    [struct({ a: { nullable: 'int' } }), struct({ a: 'long' }), ['a was int? and is long']],
    [struct({ a: 'int' }), struct({ b: 'int' }), ['a is gone', "b is new and can't be null"]],
    [struct({ a: struct({ b: 'int' }) }), struct({ a: struct({ b: 'long' }) }), ['a.b was int and is long']],
    [struct({ a: { list: 'int' } }), struct({ a: { list: 'long' } }), ['a[] was int and is long']],
    [struct({ a: { list: 'int' } }), struct({ a: 'int' }), ['a was list(int) and is int']],
    [
      struct({ a: { map: ['int', 'int'] } }),
      struct({ a: { map: ['long', 'string'] } }),
      ['a{key} was int and is long', 'a{value} was int and is string'],
    ],
    [struct({ a: 'decimal(9, 2)' }), struct({ a: 'decimal(18, 2)' }), ['a was decimal(9, 2) and is decimal(18, 2)']],
    [struct({ toString: 'int' }), struct({}), ['toString is gone']],
    [struct({}), struct({ toString: 'int' }), ["toString is new and can't be null"]],
  ] as [Layout, Layout, string[]][])('from %j to %j', (written, declared, changes) => {
    expect(breakingChanges(written, declared)).toEqual(changes)
  })

  it(`are none where a layout has grown as it may: every value is one still (seed ${FRESH_SEED})`, () => {
    const grown = layoutsWithValues.chain(([layout, values]) =>
      fc.tuple(fc.constant(layout), fc.constant(values), grow(layout)),
    )
    fc.assert(
      fc.property(grown, ([written, values, declared]) => {
        expect(breakingChanges(written, declared)).toEqual([])
        const [acceptWritten, acceptDeclared] = [acceptorOf(written), acceptorOf(declared)]
        const writer = new BufferWriter()
        for (const value of values) writerOf(written)(writer, acceptWritten(value))
        const reader = new BufferReader(writer.take())
        for (const value of values) {
          expect(readerOf(written, declared)(reader)).toStrictEqual(acceptedOf(acceptDeclared(value)))
        }
        expect(reader.atEnd).toBe(true)
      }),
      runs(10_000),
    )
  })

  it(`are told whenever a value of the one is none of the other (seed ${FRESH_SEED})`, () => {
    fc.assert(
      fc.property(layoutsWithValues, layouts, ([written, values], declared) => {
        if (breakingChanges(written, declared).length > 0) return
        for (const value of values) expect(() => acceptedOf(acceptorOf(declared)(value))).not.toThrow()
      }),
      runs(20_000),
    )
  })
})

/** What a layout may become without a migration: more fields that may be null, more nulls, another order. */
function grow(layout: Layout): fc.Arbitrary<Layout> {
  return fc.tuple(growPresent(layout), fc.boolean()).map(([present, nullable]) => {
    const grown = presentOf(present)
    return nullable || isNullable(layout) ? { nullable: grown } : grown
  })
}

function growPresent(layout: Layout): fc.Arbitrary<Layout> {
  const present = presentOf(layout)
  if (typeof present === 'string') return fc.constant(present)
  if ('list' in present) return grow(present.list).map((list) => ({ list }))
  if ('map' in present) return grow(present.map[1]).map((value) => ({ map: [present.map[0], value] }))
  const fields = Object.entries(present.struct).map(([name, field]) =>
    grow(field).map((grown) => [name, grown] as const),
  )
  return fc
    .tuple(
      fc.tuple(...fields),
      fc.dictionary(fc.constantFrom('x', 'y', 'z'), layouts, { maxKeys: 2, noNullPrototype: true }),
    )
    .chain(([known, added]) => {
      const all = [
        ...known,
        ...Object.entries(added).map(([name, field]) => [name, { nullable: presentOf(field) }] as const),
      ]
      return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })
    })
    .map((entries) => ({ struct: Object.fromEntries(entries) }))
}
