import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { collect } from '../../../operators/index.ts'
import { gather, over, propertyOf } from './gathering.ts'

type Values = { v: any }

describe('collect', () => {
  it('keeps values in the order they came, null not among them', () => {
    expect(over(collect<Values, 'v'>('v'), [3, null, 1, 3])).toEqual([3, 1, 3])
    expect(
      over(
        collect((row: Values) => row.v * 2),
        [1, 2],
      ),
    ).toEqual([2, 4])
    expect(over(collect<Values, 'v'>('v'), [])).toEqual([])
  })

  it('fails rather than keep more than it may, also when parts are merged', () => {
    const two = collect<Values, 'v'>('v', { atMost: 2 })
    expect(gather(two, two.create(), [1, 2])).toEqual([1, 2])
    expect(() => gather(two, two.create(), [1, 2, 3])).toThrowError(/more than 2 values; raise { atMost }/)
    expect(() => two.merge(gather(two, two.create(), [1, 2]), gather(two, two.create(), [3]))).toThrowError(
      /more than 2/,
    )
  })

  it('refuses a bound that is none', () => {
    expect(() => collect<Values, 'v'>('v', { atMost: 0 })).toThrowError(/collect: atMost can't be 0/)
  })

  it('equals a list of all, however it is cut', () => {
    const values = fc.oneof(fc.constant(null), fc.string(), fc.bigInt(), fc.double(), fc.record({ a: fc.string() }))
    propertyOf(collect<Values, 'v'>('v'), values, (records) => records.map(({ v }) => v).filter((v) => v !== null))
  })
})
