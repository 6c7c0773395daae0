import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { percentile, percentiles } from '../../../operators/index.ts'
import { FRESH_SEED, scale } from '../../support/scale.ts'
import { bytesOf, gather, over, propertyOf, WINDOW } from './gathering.ts'

type Values = { v: any }
const SHARES = [0.001, 0.01, 0.1, 0.25, 0.5, 0.9, 0.99, 0.999] as const

/** As SQL's PERCENTILE_CONT. */
function exact(values: readonly number[], share: number): number {
  const inOrder = values.toSorted((a, b) => a - b)
  const place = share * (inOrder.length - 1)
  const [low, high] = [inOrder[Math.floor(place)]!, inOrder[Math.ceil(place)]!]
  return low * (1 - (place % 1)) + high * (place % 1)
}

/** By how much of the whole a value is away from where the share says it should be. */
function rankError(values: readonly number[], value: number, share: number): number {
  const below = values.filter((v) => v < value).length / values.length
  const upTo = values.filter((v) => v <= value).length / values.length
  return Math.max(0, below - share, share - upTo)
}

const bound = (share: number, compression = 200) => (2 * Math.PI * Math.sqrt(share * (1 - share))) / compression

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

describe('percentile', () => {
  it('is PERCENTILE_CONT while values are few', () => {
    expect(over(percentile<Values, 'v'>('v', 0.5), [4, 1, 3, 2])).toBe(2.5)
    expect(over(percentile<Values, 'v'>('v', 0), [4, 1, 3])).toBe(1)
    expect(over(percentile<Values, 'v'>('v', 1), [4, 1, 3])).toBe(4)
    expect(over(percentile<Values, 'v'>('v', 0.25), [10n, null, 20n])).toBe(12.5)
  })

  it('is null of nothing', () => {
    expect(over(percentile<Values, 'v'>('v', 0.5), [null])).toBeNull()
    expect(over(percentiles<Values, 'v', [number]>('v', [0.5]), [])).toBeNull()
  })

  it('gives several shares from one state', () => {
    expect(over(percentiles<Values, 'v', [number, number, number]>('v', [1, 0.5, 0]), [5, 1, 3])).toEqual([5, 3, 1])
  })

  it('is PERCENTILE_CONT however few values are cut', () => {
    const aggregate = percentiles<Values, 'v', [number, number, number]>('v', [0.1, 0.5, 0.99])
    propertyOf(
      aggregate,
      fc.double({ min: -1e9, max: 1e9, noNaN: true }),
      (records) =>
        records.length === 0
          ? null
          : [0.1, 0.5, 0.99].map((share) =>
              exact(
                records.map(({ v }) => v),
                share,
              ),
            ),
      (actual, expected) => {
        if (expected === null) expect(actual).toBeNull()
        else for (const [place, value] of actual!.entries()) expect(value).toBeCloseTo(expected[place], 5)
      },
    )
  })

  const random = randomOf(FRESH_SEED)
  const distributions: Record<string, (index: number, count: number) => number> = {
    uniform: () => random(),
    exponential: () => -Math.log(1 - random()),
    ascending: (index) => index,
    descending: (index, count) => count - index,
    'of ten values': () => Math.floor(random() * 10),
    'of two scales': () => (random() < 0.5 ? random() : 1e9 + random()),
  }

  it.each(Object.keys(distributions))(`is off by no more than it says: %s, seed ${FRESH_SEED}`, (name) => {
    const count = scale(1_000_000, 20_000)
    const values = Array.from({ length: count }, (_, index) => distributions[name]!(index, count))
    const aggregate = percentiles<Values, 'v', readonly number[] & [number]>('v', SHARES as never)
    const whole = gather(aggregate, aggregate.create(), values)
    let merged = aggregate.create()
    for (let from = 0; from < count; from += 1777) {
      merged = aggregate.merge(merged, gather(aggregate, aggregate.create(), values.slice(from, from + 1777)))
    }
    for (const [place, share] of SHARES.entries()) {
      // What is between two values of few is of no rank.
      const allowed = bound(share) + 1 / count
      const ofWhole = aggregate.result(whole, WINDOW)![place]!
      const ofParts = aggregate.result(merged, WINDOW)![place]!
      expect(rankError(values, ofWhole, share), `whole at ${share}`).toBeLessThanOrEqual(allowed)
      expect(rankError(values, ofParts, share), `parts at ${share}`).toBeLessThanOrEqual(2 * allowed)
    }
    expect(bytesOf(aggregate, merged).length).toBeLessThan(6 * 200 * 17)
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 'x', true])('refuses %s', (value) => {
    expect(() => over(percentile<Values, 'v'>('v', 0.5), [value])).toThrowError(/expected a finite number/)
  })

  it.each([-0.1, 1.1, Number.NaN])('refuses a share of %d', (share) => {
    expect(() => percentile<Values, 'v'>('v', share)).toThrowError(
      expect.objectContaining({ code: 'AGGREGATE_OPTION' }),
    )
  })

  it('refuses a compression that is none', () => {
    expect(() => percentile<Values, 'v'>('v', 0.5, { compression: 3 })).toThrowError(/compression can't be 3/)
  })
})
