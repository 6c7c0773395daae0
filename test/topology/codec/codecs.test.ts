import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BufferReader,
  BufferWriter,
  bigint,
  boolean,
  bytes,
  dynamic,
  float64,
  int64,
  json,
  key,
  keySet,
  list,
  map,
  nullable,
  string,
  tuple,
  varint,
} from '../../../topology/codec/index.ts'
import type { ValueCodec } from '../../../topology/contract/state.ts'
import { isSluiceError } from '../../../topology/errors.ts'
import { runs } from '../../support/scale.ts'

const codeUnits = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units))
const strings = fc.oneof(fc.string({ maxLength: 300 }), fc.string({ unit: 'binary', maxLength: 300 }), codeUnits)
const int64s = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const naturals = fc.maxSafeNat()
const keys = fc.oneof(strings, fc.bigInt(), fc.boolean(), fc.integer())

interface Case {
  readonly codec: ValueCodec<any>
  readonly name: string
  readonly values: fc.Arbitrary<any>
}

const CASES: readonly Case[] = [
  { codec: float64, name: 'float64', values: fc.double() },
  { codec: varint, name: 'varint', values: naturals },
  { codec: int64, name: 'int64', values: int64s },
  { codec: bigint, name: 'bigint', values: fc.oneof(fc.bigInt(), int64s) },
  { codec: string, name: 'string', values: strings },
  { codec: boolean, name: 'boolean', values: fc.boolean() },
  { codec: key, name: 'key', values: keys },
  { codec: bytes, name: 'bytes', values: fc.uint8Array({ maxLength: 300 }) },
  { codec: json(), name: 'json', values: fc.jsonValue().filter(hasNoNegativeZero) },
  {
    codec: dynamic,
    name: 'dynamic',
    values: fc.anything({
      values: [fc.double(), fc.integer(), strings, fc.bigInt(), fc.boolean(), fc.uint8Array(), fc.date()].concat([
        fc.constantFrom(null, undefined, -0),
      ] as never),
      withMap: true,
      withSet: true,
    }),
  },
  { codec: nullable(string), name: 'nullable(string)', values: fc.option(strings) },
  {
    codec: tuple(float64, int64, list(string)),
    name: 'tuple(float64,int64,list(string))',
    values: fc.tuple(fc.double(), int64s, fc.array(strings)),
  },
  { codec: list(varint), name: 'list(varint)', values: fc.array(naturals) },
  { codec: keySet, name: 'keySet', values: fc.array(keys).map((members) => new Set(members)) },
  {
    codec: map(key, list(bytes)),
    name: 'map(key,list(bytes))',
    values: fc.array(fc.tuple(keys, fc.array(fc.uint8Array()))).map((entries) => new Map(entries)),
  },
]

describe.each(CASES)('$name', ({ codec, name, values }) => {
  it('reads what it wrote, to the last byte', () => {
    expect(codec.name).toBe(name)
    fc.assert(
      fc.property(fc.array(values, { maxLength: 5 }), (written) => {
        const writer = new BufferWriter(16)
        for (const value of written) codec.write(writer, value)
        const reader = new BufferReader(writer.take())
        for (const value of written) expect(codec.read(reader)).toEqual(value)
        expect(reader.atEnd).toBe(true)
      }),
      runs(10_000),
    )
  })

  it('copies', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(codec.copy(value)).toEqual(value)
      }),
      runs(10_000),
    )
  })

  it('refuses bytes cut short', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (value, share) => {
        const writer = new BufferWriter()
        codec.write(writer, value)
        const whole = writer.take()
        const cut = new BufferReader(whole.subarray(0, Math.floor(whole.length * share)))
        expectCode('STATE_CORRUPT', () => codec.read(cut))
      }),
      runs(10_000),
    )
  })
})

describe('copies are apart from the original', () => {
  it('tuple', () => {
    const codec = tuple(float64, list(varint), keySet)
    const original: [number, number[], Set<string | number>] = [1, [2], new Set(['a'])]
    const copy = codec.copy(original as never)
    original[0] = 9
    original[1].push(9)
    original[2].add('b')
    expect(copy).toEqual([1, [2], new Set(['a'])])
  })

  it('map, bytes and json', () => {
    const original = new Map([['a', new Uint8Array([1])]])
    const copy = map(string, bytes).copy(original)
    original.get('a')![0] = 9
    original.set('b', new Uint8Array())
    expect(copy).toEqual(new Map([['a', new Uint8Array([1])]]))
    const document = { a: [1] }
    const other = json<typeof document>().copy(document)
    document.a.push(2)
    expect(other).toEqual({ a: [1] })
  })
})

describe('values a codec cannot hold are refused when written', () => {
  it.each([
    ['varint', varint, -1],
    ['varint', varint, 1.5],
    ['varint', varint, Number.NaN],
    ['varint', varint, 2 ** 53],
    ['int64', int64, 2n ** 63n],
    ['int64', int64, -(2n ** 63n) - 1n],
    ['float64', float64, undefined],
    ['json', json(), undefined],
  ] as [string, ValueCodec<unknown>, unknown][])('%s %s', (_, codec, value) => {
    expectCode('STATE_VALUE_INVALID', () => codec.write(new BufferWriter(), value))
  })
})

describe('corrupt bytes', () => {
  it.each([
    ['a varint above 2^53', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], varint],
    ['a varint that does not end', new Array(20).fill(0x80), varint],
    ['a key with an unknown tag', [9], key],
    ['a bigint of no bytes', [0], bigint],
    ['a string that is no UTF-8', [2, 0xc3, 0x28], string],
    ['a surrogate cut short', [2, 0xed, 0xa0], string],
    ['a list longer than the rest', [0xff, 0xff, 0x03, 1], list(varint)],
    ['JSON that is none', [1, 0x7b], json()],
  ] as [string, number[], ValueCodec<unknown>][])('%s', (_, content, codec) => {
    expectCode('STATE_CORRUPT', () => codec.read(new BufferReader(new Uint8Array(content))))
  })
})

describe('BufferWriter', () => {
  it('begins anew after take, and what was taken stays', () => {
    const writer = new BufferWriter(16)
    writer.string('first')
    const first = writer.take()
    writer.string('other')
    expect(writer.length).toBe(6)
    expect(new BufferReader(first).string()).toBe('first')
  })

  it('names an inner codec of a later version as another one', () => {
    expect(list({ ...varint, version: 2 }).name).toBe('list(varint@2)')
  })
})

function hasNoNegativeZero(value: unknown): boolean {
  return typeof value === 'object' && value !== null
    ? Object.values(value).every(hasNoNegativeZero)
    : !Object.is(value, -0)
}

function expectCode(code: string, run: () => unknown): void {
  try {
    run()
  } catch (error) {
    expect(isSluiceError(error, code) ? code : error).toBe(code)
    return
  }
  expect.unreachable(`no ${code}`)
}
