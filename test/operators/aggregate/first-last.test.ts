import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Aggregate } from '../../../operators/index.ts'
import { first, last } from '../../../operators/index.ts'
import { over, propertyOf, throughBytes, WINDOW } from './gathering.ts'

type Values = { v: any }

function at<R>(aggregate: Aggregate<any, R>, records: readonly (readonly [v: unknown, timestampMs: number])[]): R {
  let accumulator = aggregate.create()
  for (const [v, timestampMs] of records) accumulator = aggregate.add(accumulator, { v }, timestampMs)
  return aggregate.result(accumulator, WINDOW)
}

describe('first and last', () => {
  it('go by event time, not by arrival', () => {
    const records = [
      ['b', 2],
      ['c', 3],
      ['a', 1],
    ] as const
    expect([at(first<Values, 'v'>('v'), records), at(last<Values, 'v'>('v'), records)]).toEqual(['a', 'c'])
  })

  it('go by arrival where event times are equal, or absent', () => {
    const equal = [
      ['a', 5],
      ['b', 5],
    ] as const
    expect([at(first<Values, 'v'>('v'), equal), at(last<Values, 'v'>('v'), equal)]).toEqual(['a', 'b'])
    const absent = [
      ['a', Number.NaN],
      ['b', Number.NaN],
    ] as const
    expect([at(first<Values, 'v'>('v'), absent), at(last<Values, 'v'>('v'), absent)]).toEqual(['a', 'b'])
  })

  it('skip null; of nothing else they are null', () => {
    expect(over(first<Values, 'v'>('v'), [null, 1, 2, null])).toBe(1)
    expect(over(last<Values, 'v'>('v'), [null, 1, 2, null])).toBe(2)
    expect(over(last<Values, 'v'>('v'), [undefined])).toBeNull()
  })

  it('keep values of any kind through a checkpoint', () => {
    const value = { id: 7n, tags: ['x'], at: new Date(3), bytes: Uint8Array.of(1), none: null, n: -0.5 }
    const ofRow = last((row: Values) => row.v)
    const kept = throughBytes(ofRow, ofRow.add(ofRow.create(), { v: value }, 1))
    expect(ofRow.result(kept, WINDOW)).toEqual(value)
  })

  it('equal a search through all records, however they are cut', () => {
    const valued = (records: readonly { v: number | null; timestampMs: number }[]) =>
      records.filter(({ v }) => v !== null)
    const values = fc.option(fc.nat(1000))
    propertyOf(first<Values, 'v'>('v'), values, (records) => {
      const earliest = Math.min(...valued(records).map(({ timestampMs }) => timestampMs))
      return valued(records).find(({ timestampMs }) => timestampMs === earliest)?.v ?? null
    })
    propertyOf(last<Values, 'v'>('v'), values, (records) => {
      const latest = Math.max(...valued(records).map(({ timestampMs }) => timestampMs))
      return valued(records).findLast(({ timestampMs }) => timestampMs === latest)?.v ?? null
    })
  })
})
