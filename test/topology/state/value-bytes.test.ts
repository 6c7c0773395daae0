import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BufferReader, BufferWriter } from '../../../topology/codec/index.ts'
import { acceptorOf } from '../../../topology/state/accept-value.ts'
import type { Layout } from '../../../topology/state/layout.ts'
import { readerOf, writerOf } from '../../../topology/state/value-bytes.ts'
import { layoutsWithValues } from '../../support/layouts.ts'
import { FRESH_SEED, runs } from '../../support/scale.ts'

function bytesOf(layout: Layout, ...values: unknown[]): Uint8Array {
  const writer = new BufferWriter(16)
  for (const value of values) writerOf(layout)(writer, value)
  return writer.take()
}
const hex = (layout: Layout, value: unknown) => Buffer.from(bytesOf(layout, value)).toString('hex')

describe('values as bytes', () => {
  it(`are read as they were written, to the last byte (seed ${FRESH_SEED})`, () => {
    fc.assert(
      fc.property(layoutsWithValues, ([layout, values]) => {
        const accept = acceptorOf(layout)
        const kept = values.map((value) => accept(value))
        const reader = new BufferReader(bytesOf(layout, ...kept))
        const read = readerOf(layout)
        for (const value of kept) expect(read(reader)).toStrictEqual(value)
        expect(reader.atEnd).toBe(true)
      }),
      runs(20_000),
    )
  })

  it(`are refused when cut short (seed ${FRESH_SEED})`, () => {
    fc.assert(
      fc.property(
        layoutsWithValues,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        ([layout, [value]], share) => {
          const whole = bytesOf(layout, acceptorOf(layout)(value))
          fc.pre(whole.length > 0)
          const cut = new BufferReader(whole.subarray(0, Math.floor(whole.length * share)))
          expect(() => readerOf(layout)(cut)).toThrow(expect.objectContaining({ code: 'STATE_CORRUPT' }))
        },
      ),
      runs(10_000),
    )
  })

  it.each([
    ['int', 0, '00'],
    ['int', -1, '01'],
    ['int', 64, '8001'],
    ['int', -(2 ** 31), 'ffffffff0f'],
    ['int53', 2 ** 52 - 1, 'feffffffffffff0f'],
    ['int53', 2 ** 52, 'ffffffffffffff0f0000000000003043'],
    ['long', 1n, '02'],
    ['long', -(2n ** 63n), 'ffffffffffffff0f088000000000000000'],
    ['decimal(38, 0)', 10n ** 37n, 'ffffffffffffff0f100785ee10d5da46d900f436a000000000'],
    ['timestamptz', 1n, '0100000000000000'],
    ['double', 1, '000000000000f03f'],
    ['boolean', true, '01'],
    ['string', 'aé', '0361c3a9'],
    ['binary', new Uint8Array([1, 2]), '020102'],
    [{ nullable: 'int' }, null, '00'],
    [{ nullable: 'int' }, 1, '0102'],
    [{ list: 'int' }, [1, 2], '020204'],
    [{ map: ['string', 'int'] }, new Map([['a', 1]]), '01016102'],
    [{ struct: {} }, {}, ''],
    [
      { struct: { b: 'int', a: { nullable: 'int' }, c: { nullable: 'string' } } },
      { a: null, b: 1, c: 'x' },
      '02020178',
    ],
  ] as [Layout, unknown, string][])('are of the checkpoint format: %j %s', (layout, value, expected) => {
    expect(hex(layout, value)).toBe(expected)
  })

  it('have a bit for each field that may be null, in as many bytes as that takes', () => {
    const names = Array.from({ length: 17 }, (_, index) => `field${index}`)
    const layout = { struct: Object.fromEntries(names.map((name) => [name, { nullable: 'int' }])) }
    const value = Object.fromEntries(names.map((name, index) => [name, index % 8 === 0 ? index : null]))
    expect(hex(layout, value)).toBe('010101001020')
    expect(readerOf(layout)(new BufferReader(bytesOf(layout, value)))).toEqual(value)
  })

  it('are read into the layout that is declared now: new fields are null', () => {
    const written = { struct: { n: 'int', deep: { list: { struct: { a: 'string' } } } } } as const
    const declared: Layout = {
      struct: {
        note: { nullable: 'string' },
        deep: { nullable: { list: { struct: { b: { nullable: 'long' }, a: 'string' } } } },
        n: { nullable: 'int' },
      },
    }
    const read = readerOf(written, declared)(new BufferReader(bytesOf(written, { n: 7, deep: [{ a: 'x' }] })))
    expect(read).toStrictEqual({ note: null, deep: [{ b: null, a: 'x' }], n: 7 })
    expect(Object.keys(read)).toEqual(['note', 'deep', 'n'])
  })

  it('are not read by a layout of types that are not known', () => {
    expect(() => readerOf('vector(3)')).toThrow(/its layout names the type "vector\(3\)"/)
  })
})
