import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BufferReader } from '../../topology/codec/buffer-reader.ts'
import { BufferWriter } from '../../topology/codec/buffer-writer.ts'
import { murmur3 } from '../../topology/codec/murmur3.ts'
import type { Key } from '../../topology/element.ts'
import { isSluiceError } from '../../topology/errors.ts'
import { compositeKey, KEY_GROUPS_DEFAULT, keyGroupOf, keyValues, toKey } from '../../topology/key.ts'
import { runs } from '../support/scale.ts'

/** The format's test vectors: key, its bytes in hex, murmur3 of those. Savepoints depend on every one of them. */
const VECTORS: readonly (readonly [key: Key, bytes: string, hash: number])[] = [
  ['', '0400', 899251846],
  ['a', '040161', 3920786375],
  ['ab', '04026162', 3602710677],
  ['abc', '0403616263', 1529491547],
  ['1', '040131', 255103059],
  ['\0', '040100', 527002820],
  ['héé', '040568c3a9c3a9', 825695767],
  ['a😀', '040561f09f9880', 4083223747],
  ['\ud800', '0403eda080', 884951915],
  ['\udc00\ud800', '0406edb080eda080', 2146590725],
  ['x'.repeat(127), `047f${'78'.repeat(127)}`, 2385718384],
  ['x'.repeat(128), `048001${'78'.repeat(128)}`, 3524374498],
  [0, '020000000000000000', 3468965017],
  [-0, '020000000000000000', 3468965017],
  [1, '02000000000000f03f', 425624927],
  [-1.5, '02000000000000f8bf', 770288816],
  [Number.POSITIVE_INFINITY, '02000000000000f07f', 1289351640],
  [0n, '030100', 3801877434],
  [1n, '030101', 2614734506],
  [-1n, '0301ff', 1168194537],
  [127n, '03017f', 3912003820],
  [128n, '03020080', 3196208170],
  [-128n, '030180', 4187449533],
  [-129n, '0302ff7f', 3339683955],
  [2n ** 63n - 1n, '03087fffffffffffffff', 439836039],
  [2n ** 63n, '0309008000000000000000', 3513649628],
  [-(2n ** 63n), '03088000000000000000', 934423215],
  [-(2n ** 63n) - 1n, '0309ff7fffffffffffffff', 850786996],
  [true, '01', 3831157163],
  [false, '00', 1364076727],
]

const anyString = fc.string({ unit: 'binary', maxLength: 200 })
/** Every code unit, lone surrogates too. */
const anyCodeUnits = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units))
const anyKey: fc.Arbitrary<Key> = fc.oneof(
  fc.string({ maxLength: 200 }),
  anyString,
  anyCodeUnits,
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.boolean(),
)

function encodeKey(key: Key): Uint8Array {
  const writer = new BufferWriter()
  writer.key(key)
  return writer.take()
}

describe('the byte form of a key', () => {
  it.each(VECTORS)('%s', (key, bytes, hash) => {
    const encoded = encodeKey(key)
    expect(Buffer.from(encoded).toString('hex')).toBe(bytes)
    expect(murmur3(encoded)).toBe(hash)
    expect(keyGroupOf(key, KEY_GROUPS_DEFAULT)).toBe(hash % KEY_GROUPS_DEFAULT)
  })

  it('is lossless', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const reader = new BufferReader(encodeKey(key))
        expect(reader.key()).toBe(key === 0 ? 0 : key)
        expect(reader.atEnd).toBe(true)
      }),
      runs(10_000),
    )
  })

  it('tells types apart', () => {
    const forms = (['1', 1, 1n, true] as const).map((key) => Buffer.from(encodeKey(key)).toString('hex'))
    expect(new Set(forms).size).toBe(4)
  })
})

describe('keyGroupOf', () => {
  it('hashes the byte form, whichever way is faster', () => {
    fc.assert(
      fc.property(anyKey, fc.integer({ min: 1, max: 32768 }), (key, keyGroups) => {
        expect(keyGroupOf(key, keyGroups)).toBe(murmur3(encodeKey(key)) % keyGroups)
      }),
      runs(50_000),
    )
  })

  it('agrees with published values of murmur3 x86 32-bit', () => {
    const text = (value: string) => new TextEncoder().encode(value)
    expect(murmur3(text(''))).toBe(0)
    expect(murmur3(text(''), 1)).toBe(0x514e28b7)
    expect(murmur3(text('hello'))).toBe(0x248bfa47)
    expect(murmur3(text('hello, world'))).toBe(0x149bbb7f)
    expect(murmur3(text('The quick brown fox jumps over the lazy dog'))).toBe(0x2e4ff723)
  })

  it('spreads keys of every type over all groups', () => {
    for (const make of [(i: number) => `user-${i}`, (i: number) => i, (i: number) => BigInt(i)]) {
      const counts = new Array<number>(KEY_GROUPS_DEFAULT).fill(0)
      for (let i = 0; i < 128_000; i++) counts[keyGroupOf(make(i), KEY_GROUPS_DEFAULT)]!++
      expect(Math.min(...counts)).toBeGreaterThan(800)
      expect(Math.max(...counts)).toBeLessThan(1200)
    }
  })
})

describe('toKey', () => {
  it('takes −0 for 0', () => {
    expect(toKey(-0)).toBe(0)
  })

  it.each([
    [Number.NaN, 'NaN'],
    [null, 'null'],
    [undefined, 'undefined'],
    [{}, 'an object'],
    [[1], 'an array'],
    [new Date(0), 'an object (Date)'],
    [Object.create(null), 'an object'],
    [() => 1, 'a function'],
    [Symbol('s'), 'a symbol'],
    [Promise.resolve(1), 'a promise'],
  ])('refuses %s', (value, arrived) => {
    try {
      toKey(value)
      expect.unreachable()
    } catch (error) {
      expect(isSluiceError(error, 'KEY_INVALID')).toBe(true)
      expect((error as Error).message).toBe(`${arrived} cannot be a key`)
    }
  })
})

describe('compositeKey', () => {
  it('spells each field', () => {
    expect(compositeKey(['Ann', 7, true, -5n, '', false, -0])).toBe('s3:Annn7;ti-5;s0:fn0;')
    expect(compositeKey(['Ann'])).toBe('Ann')
  })

  it('can be read back, and no two lists of values share one', () => {
    const values = fc.array(anyKey, { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(values, (list) => {
        const expected = list.map((value) => (value === 0 ? 0 : value))
        expect(keyValues(compositeKey(list), list.length)).toEqual(expected)
      }),
      runs(50_000),
    )
  })

  it('refuses what no key can be, and no fields at all', () => {
    expect(() => compositeKey(['a', null])).toThrow('null cannot be a key')
    expect(() => compositeKey([])).toThrow('a key of no fields')
  })

  it.each(['s3:Ann', 's3:Annn7', 's9:Ann', 'x', 's3:Annn7;t', 7])('%j is refused as a key of two fields', (key) => {
    expect(() => keyValues(key, 2)).toThrow('is no key of 2 fields')
  })
})
