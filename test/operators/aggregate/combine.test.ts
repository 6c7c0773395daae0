import { describe, expect, it } from 'vitest'
import { combine } from '../../../operators/aggregate/combine.ts'
import { count, max, sum, windowStart } from '../../../operators/index.ts'
import { BufferReader, BufferWriter } from '../../../topology/codec/index.ts'

type Sale = { cents: any; n: number }
const WINDOW = { startMs: 1, endMs: 2 }
const combined = combine('sales', { total: sum<Sale, 'cents'>('cents'), sales: count(), most: max<Sale, 'n'>('n') })

const gathered = (...sales: Sale[]) => {
  const accumulators = combined.create()
  for (const sale of sales) combined.add(accumulators, sale, Number.NaN)
  return accumulators
}
const rowOf = (accumulators: unknown[]) => {
  const row = { user: 'ann' }
  combined.write(row, accumulators, WINDOW)
  return row
}

describe('combined aggregates', () => {
  it('gather each column by itself', () => {
    expect(rowOf(gathered({ cents: 2n, n: 7 }, { cents: 3n, n: 1 }))).toEqual({
      user: 'ann',
      total: 5n,
      sales: 2n,
      most: 7,
    })
  })

  it('merge, and leave what was merged', () => {
    const [into, from] = [gathered({ cents: 2n, n: 7 }), gathered({ cents: 3n, n: 9 })]
    combined.merge(into, from)
    expect(rowOf(into)).toEqual({ user: 'ann', total: 5n, sales: 2n, most: 9 })
    expect(rowOf(from)).toEqual({ user: 'ann', total: 3n, sales: 1n, most: 9 })
  })

  it('travel through bytes', () => {
    const writer = new BufferWriter()
    combined.codec.write(writer, gathered({ cents: 2n, n: 7 }))
    expect(rowOf(combined.codec.read(new BufferReader(writer.take())))).toMatchObject({ total: 2n, sales: 1n, most: 7 })
  })

  it('name operator, column and record when an aggregate fails', () => {
    expect(() => gathered({ cents: 'x', n: 1 })).toThrowError(
      /^sales: total: sum\(cents\) failed on { cents: 'x', n: 1 }/,
    )
    expect(() => combined.merge(gathered({ cents: 1n, n: 1 }), gathered({ cents: 1, n: 1 }))).toThrowError(
      /^sales: total: sum\(cents\), merging/,
    )
  })

  it('know their window', () => {
    const starts = combine('starts', { start: windowStart() })
    const row = {}
    starts.write(row, starts.create(), WINDOW)
    expect(row).toEqual({ start: 1000n })
  })
})
