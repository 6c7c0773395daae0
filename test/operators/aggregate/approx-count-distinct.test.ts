import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { approxCountDistinct, countDistinct } from '../../../operators/index.ts'
import { scale } from '../../support/scale.ts'
import { bytesOf, gather, over, propertyOf, WINDOW } from './gathering.ts'

type Values = { v: any }
const keys = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `key-${from + index}`)

describe('approxCountDistinct', () => {
  const approx = approxCountDistinct<Values, 'v'>('v')

  it('counts few values exactly, as keys differ, null not counted', () => {
    expect(over(approx, ['1', 1, 1n, '1', null, -0, 0, true])).toBe(5n)
    expect(over(approx, [])).toBe(0n)
    expect(over(approx, [...keys(512), ...keys(512)])).toBe(512n)
  })

  it.each([
    [14, 3],
    [10, 3],
    [6, 3],
  ])('with precision %d is off by less than %d standard errors', (precision, errors) => {
    const aggregate = approxCountDistinct<Values, 'v'>('v', { precision })
    let accumulator = aggregate.create()
    let seen = 0
    for (const count of [100, 1_000, 5_000, 20_000, 100_000, 1_000_000]) {
      if (count > scale(1_000_000, 100_000)) break
      accumulator = gather(aggregate, accumulator, keys(count - seen, seen))
      seen = count
      const off = Math.abs(Number(aggregate.result(accumulator, WINDOW)) - count) / count
      expect(off, `${count} values`).toBeLessThan((errors * 1.04) / Math.sqrt(2 ** precision))
    }
  })

  it('has a standard error of 1.04 / √registers over many sketches', () => {
    const aggregate = approxCountDistinct<Values, 'v'>('v', { precision: 8 })
    const errors = Array.from({ length: 100 }, (_, sketch) => {
      const accumulator = gather(aggregate, aggregate.create(), keys(2_000, sketch * 2_000))
      return Number(aggregate.result(accumulator, WINDOW)) / 2_000 - 1
    })
    const squared = errors.reduce((sum, error) => sum + error * error, 0) / errors.length
    expect(Math.sqrt(squared)).toBeLessThan((1.3 * 1.04) / 16)
    expect(Math.sqrt(squared)).toBeGreaterThan((0.7 * 1.04) / 16)
  })

  it('has state that is bounded by its registers', () => {
    const accumulator = gather(approx, approx.create(), keys(50_000))
    expect(bytesOf(approx, accumulator).length).toBeLessThan(2 ** 14 + 8)
  })

  it('gives of parts what it gives of the whole', () => {
    const aggregate = approxCountDistinct<Values, 'v'>('v', { precision: 8 })
    const values = fc.oneof(fc.string(), fc.nat(), fc.constant(null))
    propertyOf(aggregate, values, (records) => {
      const exact = countDistinct<Values, 'v'>('v')
      const whole = records.map(({ v }) => v)
      const alone = aggregate.result(gather(aggregate, aggregate.create(), whole), WINDOW)
      const distinct = exact.result(gather(exact, exact.create(), whole), WINDOW)
      if (distinct <= 8n) expect(alone).toBe(distinct)
      return alone
    })
  })

  it.each([3, 19, 1.5, Number.NaN])('refuses a precision of %d', (precision) => {
    expect(() => approxCountDistinct<Values, 'v'>('v', { precision })).toThrowError(
      expect.objectContaining({ code: 'AGGREGATE_OPTION' }),
    )
  })
})
