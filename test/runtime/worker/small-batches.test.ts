/** What becomes of batches that few rows came through. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SmallBatches } from '../../../runtime/worker/small-batches.ts'
import { Batch, type BatchAttributes } from '../../../topology/element.ts'
import { FRESH_SEED, runs } from '../../support/scale.ts'

function gathering() {
  const out: Batch[] = []
  return { out, small: new SmallBatches((batch) => out.push(batch)) }
}

/** Rows that are numbered from `first` on, each with all there may be beside it. */
function numbered(first: number, length: number, { split, kinds }: { split?: number; kinds?: boolean } = {}): Batch {
  const rows = Array.from({ length }, (_, index) => first + index)
  const attributes: BatchAttributes = {
    timestampsMs: Float64Array.from(rows, (row) => row + 0.5),
    keys: rows.map((row) => `key ${row}`),
    keyGroups: Uint16Array.from(rows, (row) => row % 128),
    kinds: kinds ? Uint8Array.from(rows, (row) => row % 4) : undefined,
    split,
  }
  return new Batch(rows, attributes)
}

const EMPTY = new Batch([])

describe('small batches', () => {
  it('are held back, and go on as one with what was said of each row', () => {
    const { out, small } = gathering()
    expect(small.isEmpty).toBe(true)
    small.add(numbered(0, 3, { split: 7, kinds: true }))
    small.add(EMPTY)
    small.add(numbered(3, 2, { split: 7, kinds: true }))
    expect(out).toEqual([])
    expect(small.isEmpty).toBe(false)
    small.flush()
    expect(out).toEqual([numbered(0, 5, { split: 7, kinds: true })])
    expect(small.isEmpty).toBe(true)
    small.flush()
    expect(out).toHaveLength(1)
  })

  it('go on when there are enough rows', () => {
    const { out, small } = gathering()
    small.add(numbered(0, 200))
    small.add(numbered(200, 56))
    expect(out).toEqual([numbered(0, 256)])
  })

  it('wait for no more than sixteen batches, those of which nothing came through among them', () => {
    const { out, small } = gathering()
    for (let n = 0; n < 100; n++) small.add(EMPTY)
    small.add(numbered(0, 1))
    for (let n = 0; n < 14; n++) small.add(EMPTY)
    expect(out).toEqual([])
    small.add(EMPTY)
    expect(out).toEqual([numbered(0, 1)])
  })

  it('go before a large one, which passes as it is', () => {
    const { out, small } = gathering()
    const large = numbered(1, 300)
    small.add(numbered(0, 1))
    small.add(large)
    expect(out).toEqual([numbered(0, 1), large])
    expect(out[1]).toBe(large)
  })

  it('of two splits, or with and without row kinds, are not put together', () => {
    const { out, small } = gathering()
    small.add(numbered(0, 1, { split: 0 }))
    small.add(numbered(1, 1, { split: 1 }))
    small.add(numbered(2, 1, { split: 1, kinds: true }))
    small.flush()
    expect(out.map(({ split, kinds }) => [split, kinds !== undefined])).toEqual([
      [0, false],
      [1, false],
      [1, true],
    ])
  })

  it('that tell where their record came from pass at once', () => {
    const { out, small } = gathering()
    small.add(new Batch(['first']))
    small.add(new Batch(['second'], { origin: '0@1' }))
    expect(out.map(({ values, origin }) => [values, origin])).toEqual([
      [['first'], undefined],
      [['second'], '0@1'],
    ])
    expect(small.isEmpty).toBe(true)
  })

  const given = fc.oneof(
    fc.record({ rows: fc.oneof(fc.nat(20), fc.nat(1024)), split: fc.nat(1) }),
    fc.constant('flush' as const),
  )

  it(`lose and disorder nothing (seed ${FRESH_SEED})`, () => {
    fc.assert(
      fc.property(fc.array(given, { maxLength: 60 }), (steps) => {
        const { out, small } = gathering()
        let rows = 0
        for (const step of steps) {
          if (step === 'flush') {
            small.flush()
            continue
          }
          small.add(numbered(rows, step.rows, step))
          rows += step.rows
        }
        small.flush()
        let at = 0
        for (const batch of out) {
          expect(batch).toEqual(numbered(at, batch.length, { split: batch.split! }))
          expect(batch.length).toBeGreaterThan(0)
          expect(batch.length).toBeLessThanOrEqual(1024)
          at += batch.length
        }
        expect(at).toBe(rows)
      }),
      runs(1_000),
    )
  })
})
