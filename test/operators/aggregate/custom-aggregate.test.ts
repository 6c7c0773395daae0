import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { customAggregate } from '../../../operators/index.ts'
import { BufferReader } from '../../../topology/codec/index.ts'
import { double, long } from '../../../topology/schema/index.ts'
import { bytesOf, over, propertyOf, throughBytes } from './gathering.ts'

type Values = { v: number }

const rangeOf = (change: object = {}) =>
  customAggregate({
    name: 'rangeOf',
    accumulator: z.object({ least: double().nullable(), most: double().nullable() }),
    create: () => ({ least: null, most: null }),
    add: ({ least, most }, { v }: Values) => ({ least: Math.min(least ?? v, v), most: Math.max(most ?? v, v) }),
    merge: (a, b) => ({
      least: a.least === null || b.least === null ? (a.least ?? b.least) : Math.min(a.least, b.least),
      most: a.most === null || b.most === null ? (a.most ?? b.most) : Math.max(a.most, b.most),
    }),
    result: ({ least, most }) => (least === null ? null : most! - least),
    ...change,
  })

describe('customAggregate', () => {
  it('gathers with functions of the job', () => {
    expect(over(rangeOf(), [3, -1, 7])).toBe(8)
    expect(over(rangeOf(), [])).toBeNull()
    expect(rangeOf()).toMatchObject({ description: 'rangeOf', reads: '*' })
  })

  it('keeps the accumulator as its schema says', () => {
    const kept = rangeOf().add(rangeOf().create(), { v: 2 }, 0)
    expect(throughBytes(rangeOf(), kept)).toEqual({ least: 2, most: 2 })
  })

  it('reads an older version by migrate', () => {
    const older = customAggregate({
      name: 'n',
      accumulator: long(),
      create: () => 0n,
      add: (n: bigint) => n + 1n,
      merge: (a, b) => a + b,
      result: (n) => n,
    })
    const newer = customAggregate({
      name: 'n',
      accumulator: z.object({ n: long() }),
      version: 2,
      migrate: (n) => ({ n }),
      create: () => ({ n: 0n }),
      add: ({ n }) => ({ n: n + 1n }),
      merge: (a, b) => ({ n: a.n + b.n }),
      result: ({ n }) => n,
    })
    const written = new BufferReader(bytesOf(older, 7n))
    expect(newer.codec.readerOf!(older.codec)(written)).toEqual({ n: 7n })
  })

  it.each([
    ['add', { add: () => ({ least: 'x', most: 1 }) }, /least: expected a number/],
    ['add', { add: async () => ({}) }, /must return an accumulator, not a promise/],
    ['create', { create: () => 7 }, /expected an object/],
    ['result', { result: () => undefined }, /its result must be a value, not undefined/],
    ['result', { result: async () => 1 }, /its result must be a value, not a promise/],
  ])('refuses what is no accumulator or result: %s', (_function, change, message) => {
    expect(() => over(rangeOf(change), [1])).toThrowError(message)
  })

  it('refuses a schema that no state can have, and a version below 1', () => {
    expect(() => rangeOf({ accumulator: z.function() })).toThrowError(/state rangeOf/)
    expect(() => rangeOf({ version: 0 })).toThrowError(expect.objectContaining({ code: 'STATE_DECLARATION' }))
  })

  it('equals its oracle, however the records are cut', () => {
    propertyOf(rangeOf(), fc.integer(), (records) => {
      const values = records.map(({ v }) => v)
      return values.length === 0 ? null : Math.max(...values) - Math.min(...values)
    })
  })
})
