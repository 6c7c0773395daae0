import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyGroupRangeOf, overlaps, subtaskOf } from '../../../runtime/state/key-group-range.ts'
import { FRESH_SEED, runs } from '../../support/scale.ts'

const ranges = (parallelism: number, keyGroups: number) =>
  Array.from({ length: parallelism }, (_, subtask) => keyGroupRangeOf(subtask, parallelism, keyGroups))

/** As in Flink's KeyGroupRangeAssignment, in integer arithmetic. */
const flinkRange = (subtask: number, parallelism: number, keyGroups: number) => ({
  first: Number((BigInt(subtask) * BigInt(keyGroups) + BigInt(parallelism) - 1n) / BigInt(parallelism)),
  last: Number(((BigInt(subtask) + 1n) * BigInt(keyGroups) - 1n) / BigInt(parallelism)),
})

/** A job's number of key groups, and a parallelism it allows. */
const settings = fc
  .integer({ min: 1, max: 2 ** 15 })
  .chain((keyGroups) => fc.tuple(fc.integer({ min: 1, max: Math.min(keyGroups, 300) }), fc.constant(keyGroups)))

describe('keyGroupRangeOf', () => {
  it('deals key groups out in order', () => {
    expect(ranges(1, 128)).toEqual([{ first: 0, last: 127 }])
    expect(ranges(3, 128)).toEqual([
      { first: 0, last: 42 },
      { first: 43, last: 85 },
      { first: 86, last: 127 },
    ])
    expect(ranges(4, 4)).toEqual([0, 1, 2, 3].map((group) => ({ first: group, last: group })))
  })

  it(`leaves none out, none twice, none empty, and agrees with subtaskOf and with Flink (seed ${FRESH_SEED})`, () => {
    fc.assert(
      fc.property(settings, ([parallelism, keyGroups]) => {
        let next = 0
        for (const [subtask, range] of ranges(parallelism, keyGroups).entries()) {
          expect(range.first).toBe(next)
          expect(range.last).toBeGreaterThanOrEqual(range.first)
          expect(range).toEqual(flinkRange(subtask, parallelism, keyGroups))
          expect(subtaskOf(range.first, parallelism, keyGroups)).toBe(subtask)
          expect(subtaskOf(range.last, parallelism, keyGroups)).toBe(subtask)
          next = range.last + 1
        }
        expect(next).toBe(keyGroups)
      }),
      runs(5_000),
    )
  })
})

describe('overlaps', () => {
  it.each([
    [0, 1, false],
    [0, 2, true],
    [3, 3, true],
    [0, 9, true],
    [4, 9, true],
    [5, 9, false],
  ])('of 2–4 and %i–%i is %s', (firstKeyGroup, lastKeyGroup, expected) => {
    expect(overlaps({ first: 2, last: 4 }, { firstKeyGroup, lastKeyGroup })).toBe(expected)
  })
})
