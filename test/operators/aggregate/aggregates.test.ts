import { describe, expect, it } from 'vitest'
import {
  avg,
  count,
  countDistinct,
  max,
  min,
  sum,
  windowDay,
  windowEnd,
  windowStart,
} from '../../../operators/index.ts'
import { over } from './gathering.ts'

type Values = { v: any }

describe('sum', () => {
  const summed = (values: readonly unknown[]) => over(sum<Values, 'v'>('v'), values)

  it('is exact for bigints of any size', () => {
    expect(summed([2n ** 63n, 1n, -(2n ** 70n)])).toBe(2n ** 63n + 1n - 2n ** 70n)
  })

  it('is exact for money in cents, and for doubles up to the last rounding', () => {
    expect(summed(Array(100_000).fill(1999))).toBe(199_900_000)
    expect(summed(Array(10).fill(0.1))).toBe(1)
    expect(summed([1, 1e100, 1, -1e100])).toBe(2)
    expect(summed([2 ** 53, 1, 1, -(2 ** 53)])).toBe(2)
  })

  it('skips null; of nothing else it is null', () => {
    expect(summed([null, 3n, undefined, 4n])).toBe(7n)
    expect(summed([null, null])).toBeNull()
    expect(summed([])).toBeNull()
  })

  it('has the infinities and NaN that IEEE 754 has', () => {
    expect(summed([1, Number.POSITIVE_INFINITY])).toBe(Number.POSITIVE_INFINITY)
    expect(summed([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])).toBeNaN()
    expect(summed([Number.NaN, 1])).toBeNaN()
  })

  it.each([[['x']], [[1, 1n]], [[1n, 1]], [[{}]], [[Promise.resolve(1)]]])('refuses %s', (values) => {
    expect(() => summed(values)).toThrowError(/expected/)
  })

  it('names what it reads', () => {
    expect(sum<Values, 'v'>('v')).toMatchObject({ description: 'sum(v)', reads: ['v'] })
    expect(sum<Values, 'v', number>(['v'], ({ v }) => v)).toMatchObject({
      description: 'sum(function of v)',
      reads: ['v'],
    })
    expect(sum<Values, number>(({ v }) => v)).toMatchObject({ reads: '*' })
  })
})

describe('count', () => {
  it('counts records, or those with a value', () => {
    expect(over(count(), [null, 1, undefined])).toBe(3n)
    expect(over(count<Values, 'v'>('v'), [null, 0, undefined, ''])).toBe(2n)
    expect(over(count(), [])).toBe(0n)
  })
})

describe('min and max', () => {
  const least = (values: readonly unknown[]) => over(min<Values, 'v'>('v'), values)
  const greatest = (values: readonly unknown[]) => over(max<Values, 'v'>('v'), values)

  it('compare numbers, bigints, texts and booleans', () => {
    expect([least([3, -1, 2]), greatest([3, -1, 2])]).toEqual([-1, 3])
    expect([least([3n, -1n]), greatest([3n, -1n])]).toEqual([-1n, 3n])
    expect([least(['b', 'a', 'ab']), greatest(['b', 'a', 'ab'])]).toEqual(['a', 'b'])
    expect([least([true, false]), greatest([true, false])]).toEqual([false, true])
  })

  it('order texts by code points, as the bytes of UTF-8 are', () => {
    expect(greatest(['\u{1F600}', '\uFFFD'])).toBe('\u{1F600}')
    expect(least(['\u{1F600}', '\uFFFD'])).toBe('\uFFFD')
  })

  it('take NaN for the greatest number', () => {
    expect(greatest([1, Number.NaN, Number.POSITIVE_INFINITY])).toBeNaN()
    expect(least([Number.NaN, 1])).toBe(1)
    expect(least([Number.NaN])).toBeNaN()
  })

  it('skip null; of nothing else they are null', () => {
    expect(least([null, 5])).toBe(5)
    expect(greatest([null, undefined])).toBeNull()
  })

  it('refuse what has no order, and two types at once', () => {
    expect(() => least([{}])).toThrowError(/expected/)
    expect(() => least([1, 'a'])).toThrowError(/expected a number, as before/)
  })
})

describe('avg', () => {
  const mean = (values: readonly unknown[]) => over(avg<Values, 'v'>('v'), values)

  it('divides the exact sum once', () => {
    expect(mean([1990n, 1991n])).toBe(1990.5)
    expect(mean([0.1, 0.2, 0.3])).toBe(0.6 / 3)
    expect(mean([10n ** 20n, 10n ** 20n + 1n, null])).toBe(1e20)
    expect(mean([-1n, 0n])).toBe(-0.5)
  })

  it('is null of nothing', () => {
    expect(mean([null])).toBeNull()
  })
})

describe('countDistinct', () => {
  const distinct = (values: readonly unknown[]) => over(countDistinct<Values, 'v'>('v'), values)

  it('counts values as keys differ, null not counted', () => {
    expect(distinct(['1', 1, 1n, '1', null, -0, 0, true])).toBe(5n)
    expect(distinct([])).toBe(0n)
  })

  it('refuses what can be no key', () => {
    expect(() => distinct([Number.NaN])).toThrowError(expect.objectContaining({ code: 'KEY_INVALID' }))
  })
})

describe('the window as a column', () => {
  it('is its bounds in microseconds, and its UTC day', () => {
    expect(over(windowStart(), [1])).toBe(86_400_000_000n)
    expect(over(windowEnd(), [1])).toBe(172_800_000_000n)
    expect(over(windowDay(), [1])).toBe(1)
    expect(windowDay().result(0, { startMs: -1, endMs: 0 })).toBe(-1)
  })
})
