import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { avg, count, countDistinct, sum, where } from '../../../operators/index.ts'
import { over, propertyOf } from './gathering.ts'

type Values = { v: any }
const isLow = ({ v }: Values) => v < 3

describe('where', () => {
  it('gathers what the predicate lets through', () => {
    expect(over(where(isLow, count()), [1, 5, 2, 9])).toBe(2n)
    expect(over(where(isLow, countDistinct<Values, 'v'>('v')), [1, 1, 9, 2])).toBe(2n)
    expect(over(where(isLow, avg<Values, 'v'>('v')), [1, 9, 2])).toBe(1.5)
  })

  it('has the result of nothing when it lets nothing through', () => {
    expect(over(where(isLow, count()), [5, 9])).toBe(0n)
    expect(over(where(isLow, sum<Values, 'v'>('v')), [5, 9])).toBeNull()
  })

  it('can be nested', () => {
    expect(
      over(
        where(
          isLow,
          where(({ v }: Values) => v > 0, count()),
        ),
        [-1, 1, 2, 3],
      ),
    ).toBe(2n)
  })

  it('names what it reads', () => {
    type Pair = { a: number; b: number }
    expect(where<Pair, 'a', number, any>(['a'], ({ a }) => a > 1, sum('b'))).toMatchObject({
      description: 'sum(b) where function of a',
      reads: ['a', 'b'],
    })
    expect(where(isLow, count())).toMatchObject({ description: 'count() where function', reads: '*' })
  })

  it.each([[undefined], ['yes'], [Promise.resolve(true)]])('refuses a predicate that returns %s', (result) => {
    expect(() => over(where((() => result) as never, count()), [1])).toThrowError(/it must return a boolean/)
  })

  it('equals filtering first', () => {
    propertyOf(where(isLow, sum<Values, 'v'>('v')), fc.integer({ min: -5, max: 10 }), (records) => {
      const low = records.filter(isLow)
      return low.length === 0 ? null : low.reduce((total, { v }) => total + v, 0)
    })
  })
})
