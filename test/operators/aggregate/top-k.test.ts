import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { topK } from '../../../operators/index.ts'
import { over, propertyOf, throughBytes } from './gathering.ts'

type Values = { v: any }

describe('topK', () => {
  it('keeps the records with the greatest values, the greatest first', () => {
    expect(over(topK<Values, 'v'>(2, 'v'), [1, 9, null, 5])).toEqual([{ v: 9 }, { v: 5 }])
    expect(
      over(
        topK(2, (row: Values) => -row.v),
        [3, 1, 2],
      ),
    ).toEqual([{ v: 1 }, { v: 2 }])
    expect(over(topK<Values, 'v'>(2, 'v'), [null])).toEqual([])
  })

  it('prefers who arrived first among equals', () => {
    const top = topK(2, (row: { v: number; id: string }) => row.v)
    const [a, b, c] = ['a', 'b', 'c'].map((id) => ({ v: 1, id })) as [any, any, any]
    const kept = top.add(top.add(top.add(top.create(), a, 0), b, 0), c, 0)
    expect(top.result(throughBytes(top, kept), undefined as never)).toEqual([a, b])
  })

  it('orders NaN above all numbers, as max does', () => {
    expect(over(topK<Values, 'v'>(1, 'v'), [1, Number.NaN, 2])).toEqual([{ v: Number.NaN }])
  })

  it('refuses two types at once, and what has no order', () => {
    expect(() => over(topK<Values, 'v'>(2, 'v'), [1, 'a'])).toThrowError(/expected a number, as before/)
    expect(() => over(topK<Values, 'v'>(2, 'v'), [{}])).toThrowError(/expected/)
  })

  it.each([0, 1001, 1.5])('refuses a k of %d', (k) => {
    expect(() => topK<Values, 'v'>(k, 'v')).toThrowError(/topK: k can't be/)
  })

  it('keeps all that equal the last with ties, whatever the order they come in', () => {
    const top = topK<Values, 'v'>(2, 'v', { ties: true })
    expect(over(top, [5, 3, 5, 3, 3])).toEqual([{ v: 5 }, { v: 5 }])
    expect(over(top, [3, 3, 3, 5])).toEqual([{ v: 5 }, { v: 3 }, { v: 3 }, { v: 3 }])
    expect(over(top, [3, 5, 3, 9])).toEqual([{ v: 9 }, { v: 5 }])
  })

  it('equals sorting, however the records are cut', () => {
    propertyOf(topK<Values, 'v'>(3, 'v'), fc.option(fc.integer({ min: -9, max: 9 })), (records) =>
      records
        .map(({ v }) => v)
        .filter((v) => v !== null)
        .sort((a, b) => b - a)
        .slice(0, 3)
        .map((v) => ({ v })),
    )
  })
})
