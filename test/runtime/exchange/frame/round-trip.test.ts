/** What goes into a frame comes out of it. */
import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBatch } from '../../../../runtime/exchange/frame/decode-batch.ts'
import { encodeBatch } from '../../../../runtime/exchange/frame/encode-batch.ts'
import { Batch } from '../../../../topology/element.ts'
import { FRESH_SEED, runs } from '../../../support/scale.ts'
import { anyBatch, assertSame, roundTrip } from './support.ts'

const bare = (fields: object) => Object.assign(Object.create(null), fields)
const many = <R>(row: (index: number) => R, count = 1500) => Array.from({ length: count }, (_, index) => row(index))

it(`keeps batches of any rows, seed ${FRESH_SEED}`, () => {
  fc.assert(
    fc.property(anyBatch, (batch) => {
      const decoded = decodeBatch(encodeBatch(batch))
      assertSame(decoded.values, batch.values)
      expect(decoded.length).toBe(batch.length)
      for (const attribute of ['timestampsMs', 'keyGroups', 'keys', 'kinds', 'origin'] as const) {
        expect(decoded[attribute]).toEqual(batch[attribute])
      }
    }),
    runs(10_000),
  )
})

describe('keeps', () => {
  it.each<[string, readonly unknown[]]>([
    ['no rows', []],
    ['records of one shape', many((n) => ({ id: `o-${n}`, n, price: n / 3, at: BigInt(n), paid: n % 2 === 0 }))],
    ['fields in another order', many((n) => (n % 2 === 0 ? { a: n, b: 'x' } : { b: 'y', a: n }))],
    ['missing, undefined and null', [{ a: 1 }, {}, { a: undefined }, { a: null }]],
    ['fields named by numbers, and by what objects have', [{ 2: 'b', 10: 'c', constructor: 1, toString: 2 }]],
    ['a field named __proto__', many((n) => JSON.parse(`{"__proto__": ${n}, "a": {"__proto__": null}}`))],
    ['−0, NaN, the infinities', [-0, 0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    ['−0 among integers', [{ n: 1 }, { n: -0 }]],
    ['the bounds of integers', [2 ** 31 - 1, -(2 ** 31)]],
    ['numbers beyond', [2 ** 31, -(2 ** 31) - 1, 2 ** 53, 0.1]],
    ['bigints of 64 bits and beyond', [2n ** 63n - 1n, -(2n ** 63n), 2n ** 63n, -(2n ** 63n) - 1n, 0n, -(10n ** 400n)]],
    ['Latin-1', many((n) => ({ name: `Zoë ${n}` }))],
    ['all of Unicode', [{ name: 'Zoë' }, { name: '☃' }, { name: '😀' }, { name: '' }]],
    ['lone surrogates', ['\ud83d', '\ude00', '😀', 'a\udc00b']],
    ['halves of a pair in neighbours', ['\ud83d', '\ude00']],
    ['long and short strings', ['x'.repeat(100_000), '', 'y', 'z'.repeat(255), 'ab'.repeat(128), '☃'.repeat(1000)]],
    ['dates', [new Date(0), new Date(Number.NaN), new Date(-8.64e15)]],
    ['bytes', [new Uint8Array([1, 2]), new Uint8Array(), new Uint8Array([255])]],
    ['Buffers', [Buffer.from('abc'), Buffer.alloc(0)]],
    [
      'other typed arrays',
      [new Float32Array([0.5, -0]), new BigInt64Array([1n]), new Int16Array([-1, 2]), new Float64Array(3)],
    ],
    ['parts of larger buffers', [new Float32Array([1, 2, 3]).subarray(1), Buffer.from('abc').subarray(1)]],
    ['arrays', [[1, 2], [], ['a', null, undefined, [3]], [[[]]]]],
    // biome-ignore lint/suspicious/noSparseArray: holes are what is kept
    ['holes', [[, 1, , undefined, ,], new Array(3)]],
    [
      'maps',
      [
        new Map<unknown, unknown>([
          ['a', 1],
          [{ k: 1 }, new Map()],
        ]),
        new Map(),
      ],
    ],
    ['sets', [new Set(['a', 1, null]), new Set()]],
    ['objects without a prototype', many((n) => bare({ a: n }), 2000)],
    ['objects without a prototype or fields', [bare({}), {}, bare({ a: 1 })]],
    [
      'nested records',
      many((n) => ({ id: n, to: { name: `n${n}`, zip: n % 3 ? '10115' : null }, items: [{ sku: n }, { sku: 'x' }] })),
    ],
    ['objects whose names are data', many((n) => ({ [`user-${n}`]: n, [`user-${n + 1}`]: 'x' }), 500)],
    ['objects of many fields', [Object.fromEntries(many((n) => [`f${n}`, n], 3000))]],
    ['primitives of all kinds', [1, 'a', null, true, undefined, 5n, 'b', null, 2.5]],
    ['rows of no field', [{}, {}]],
  ])('%s', (_, rows) => {
    assertSame(roundTrip(rows).values, rows)
    // Once more, when code has been made for the shapes.
    assertSame(roundTrip(rows).values, rows)
  })

  it('the fields of instances without methods, as plain objects', () => {
    class Base {
      topic = 'orders'
    }
    class Received extends Base {
      offset = 7n
    }
    assertSame(
      roundTrip([new Received(), new Received()]).values,
      many(() => ({ topic: 'orders', offset: 7n }), 2),
    )
    assertSame(roundTrip([new Received(), { topic: 'x', offset: 1n }]).values, [
      { topic: 'orders', offset: 7n },
      { topic: 'x', offset: 1n },
    ])
  })

  it('what getters answer', () => {
    const row = {
      first: 1,
      get second() {
        return this.first + 1
      },
    }
    assertSame(roundTrip([row]).values, [{ first: 1, second: 2 }])
  })
})

it('leaves the split behind', () => {
  const decoded = decodeBatch(encodeBatch(new Batch([1], { split: 3, origin: 'orders-0@17' })))
  expect(decoded.split).toBeUndefined()
  expect(decoded.origin).toBe('orders-0@17')
})

it('reads a frame wherever it begins, and leaves later frames alone', () => {
  const rows = many((n) => ({ n: n / 2, text: `t${n}`, bytes: new Uint8Array([n]) }), 10)
  const frame = encodeBatch(new Batch(rows))
  for (let shift = 0; shift < 9; shift++) {
    const buffer = new Uint8Array(frame.length + shift)
    buffer.set(frame, shift)
    assertSame(decodeBatch(buffer.subarray(shift)).values, rows)
  }
})

it('does without generated code where making it is forbidden', () => {
  const script = `
    const { encodeBatch } = await import('${resolve('runtime/exchange/frame/encode-batch.ts')}')
    const { decodeBatch } = await import('${resolve('runtime/exchange/frame/decode-batch.ts')}')
    const { Batch } = await import('${resolve('topology/element.ts')}')
    const rows = Array.from({ length: 3000 }, (_, n) => n === 7 ? { b: n } : { a: n, ['__proto__']: 'x' })
    const made = decodeBatch(encodeBatch(new Batch(rows))).values
    const assert = await import('node:assert')
    assert.deepStrictEqual(made, rows)
    console.log(made.length)`
  const output = execFileSync(
    process.execPath,
    ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', script],
    { encoding: 'utf8' },
  )
  expect(output.trim()).toBe('3000')
})

describe('columns', () => {
  const rows = many((n) => ({ n, price: n / 4, at: BigInt(n), name: `n${n}` }), 100)
  const batch = new Batch(rows, { timestampsMs: new Float64Array(100) })

  it('of numbers are views of the frame', () => {
    const frame = encodeBatch(batch)
    const decoded = decodeBatch(frame)
    const views = [decoded.column('n'), decoded.column('price'), decoded.column('at'), decoded.timestampsMs]
    expect(views.map((view) => view?.constructor.name)).toEqual([
      'Int32Array',
      'Float64Array',
      'BigInt64Array',
      'Float64Array',
    ])
    for (const view of views) expect((view as Float64Array).buffer).toBe(frame.buffer)
  })

  it('are read without making rows', () => {
    const decoded = decodeBatch(encodeBatch(new Batch(many((n) => (n % 3 ? { a: n } : { b: 'x', a: null })))))
    const forbidden = () => {
      throw new Error('rows were made')
    }
    Object.defineProperty(decoded, 'values', { get: forbidden })
    expect(Array.from(decoded.column('a'))).toEqual(many((n) => (n % 3 ? n : null)))
    expect(Array.from(decoded.column('b'))).toEqual(many((n) => (n % 3 ? undefined : 'x')))
    expect(Array.from(decoded.column('none'))).toEqual(many(() => undefined))
  })

  it('are taken from rows when these are no objects', () => {
    const decoded = roundTrip(['ab', { length: 7 }, [1]])
    expect(Array.from(decoded.column('length'))).toEqual([2, 7, 1])
  })

  it('are the same before and after rows are made', () => {
    const decoded = decodeBatch(encodeBatch(batch))
    const before = Array.from(decoded.column('name'))
    assertSame(decoded.values, rows)
    expect(Array.from(decoded.column('name'))).toEqual(before)
    expect(Array.from(decoded.column('price'))).toEqual(rows.map(({ price }) => price))
  })
})

it('keeps little else in memory with a string', () => {
  // Were a string cut from the text of its whole column, keeping it would keep the column.
  const kept: string[] = []
  const before = heapBytes()
  for (let batch = 0; batch < 100; batch++) {
    const rows = many((n) => ({ id: `${batch}-${n}-${'x'.repeat(1000)}` }), 100)
    kept.push((roundTrip(rows).values[50] as { id: string }).id)
  }
  expect(heapBytes() - before).toBeLessThan(1 << 20)
  expect(kept).toHaveLength(100)
})

function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}
