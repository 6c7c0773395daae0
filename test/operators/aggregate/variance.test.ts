import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stddev, stddevPop, variance, variancePop } from '../../../operators/index.ts'
import { over, propertyOf } from './gathering.ts'

type Values = { v: any }

describe('variance and stddev', () => {
  it('are of a sample, or of all there is', () => {
    const values = [2, 4, 4, 4, 5, 5, 7, 9]
    expect(over(variancePop<Values, 'v'>('v'), values)).toBe(4)
    expect(over(stddevPop<Values, 'v'>('v'), values)).toBe(2)
    expect(over(variance<Values, 'v'>('v'), [1, 2, 3, 4, 5, 6])).toBe(3.5)
    expect(over(stddev<Values, 'v'>('v'), [0, 0, 3, 3])).toBe(Math.sqrt(3))
  })

  it('take bigints, and skip null', () => {
    expect(over(variance<Values, 'v'>('v'), [1n, null, 3n, undefined])).toBe(2)
  })

  it('are null of too few values', () => {
    expect(over(variance<Values, 'v'>('v'), [7])).toBeNull()
    expect(over(stddev<Values, 'v'>('v'), [null])).toBeNull()
    expect(over(variancePop<Values, 'v'>('v'), [7])).toBe(0)
    expect(over(stddevPop<Values, 'v'>('v'), [])).toBeNull()
  })

  it('lose nothing when the values are large and near to each other', () => {
    const far = 2 ** 30
    expect(over(variance<Values, 'v'>('v'), [far + 1, far + 2, far + 3])).toBe(1)
  })

  it.each([['x'], [{}], [true]])('refuse %s', (value) => {
    expect(() => over(variance<Values, 'v'>('v'), [value])).toThrowError(/expected a number, a bigint or null/)
  })

  it('equal two passes over all values, however they are cut', () => {
    propertyOf(
      variance<Values, 'v'>('v'),
      fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true })),
      (records) => {
        const values = records.map(({ v }) => v).filter((v) => v !== null)
        if (values.length < 2) return null
        const mean = values.reduce((sum, v) => sum + v, 0) / values.length
        return values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1)
      },
      (actual, expected) => {
        if (expected === null) expect(actual).toBeNull()
        else expect(Math.abs(actual! - expected)).toBeLessThanOrEqual(1e-10 * Math.max(1, expected))
      },
    )
  })
})
