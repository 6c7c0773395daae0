import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Aggregate,
  changes,
  collect,
  count,
  keyBy,
  last,
  max,
  min,
  runningAggregate,
  sum,
  where,
  windowStart,
} from '../../../operators/index.ts'
import type { Stream } from '../../../topology/stream.ts'
import { applyChanges, textOf } from '../../support/changelog.ts'
import { harness } from '../../support/operator-harness.ts'
import { runs } from '../../support/scale.ts'

type Any = Record<string, Aggregate<Sale, unknown>>

interface Sale {
  user: string
  cents: number
}

const sale = (user: string, cents: number, timestampMs: number): [Sale, number] => [{ user, cents }, timestampMs]

const totals = (input: Stream<Sale>) =>
  input.pipe(keyBy('user'), runningAggregate({ spent: sum('cents'), sales: count() }), changes())

describe('runningAggregate', () => {
  it('emits nothing for nothing', async () => {
    const run = await harness(totals)
    run.watermark(5).end()
    expect(run.rows()).toEqual([])
    expect(run.watermarks()).toEqual([5])
  })

  it('inserts a row per key, then updates it', async () => {
    const run = await harness(totals)
    run.timed([sale('ann', 5, 1)]).timed([sale('bob', 1, 2), sale('ann', 6, 3)])
    expect(run.rows()).toEqual([
      { user: 'ann', spent: 5, sales: 1n, kind: 'insert' },
      { user: 'bob', spent: 1, sales: 1n, kind: 'insert' },
      { user: 'ann', spent: 5, sales: 1n, kind: 'update-before' },
      { user: 'ann', spent: 11, sales: 2n, kind: 'update-after' },
    ])
    expect(run.timestampsMs()).toEqual([1, 2, 3, 3])
  })

  it('updates once per key and batch, at the greatest event time', async () => {
    const run = await harness(totals)
    run.timed([sale('ann', 5, 4), sale('ann', 6, 1)])
    expect(run.rows()).toEqual([{ user: 'ann', spent: 11, sales: 2n, kind: 'insert' }])
    expect(run.timestampsMs()).toEqual([4])
  })

  it('says nothing when nothing has changed', async () => {
    const run = await harness((input: Stream<Sale>) =>
      input.pipe(keyBy('user'), runningAggregate({ most: max('cents') }), changes()),
    )
    run.timed([sale('ann', 5, 1)]).timed([sale('ann', 4, 2)])
    expect(run.rows()).toHaveLength(1)
  })

  it('needs no event times', async () => {
    const run = await harness(totals)
    run.batch([{ user: 'ann', cents: 1 }]).batch([{ user: 'ann', cents: 2 }])
    expect(run.rows().at(-1)).toMatchObject({ spent: 3, kind: 'update-after' })
    expect(run.timestampsMs()).toEqual([])
  })

  it('goes on after a crash where it was', async () => {
    const first = await harness(totals)
    first.timed([sale('ann', 5, 1)])
    const second = await first.restart()
    second.timed([sale('ann', 6, 2)])
    expect(second.rows()).toEqual([
      { user: 'ann', spent: 5, sales: 1n, kind: 'update-before' },
      { user: 'ann', spent: 11, sales: 2n, kind: 'update-after' },
    ])
  })

  it('names operator, aggregate and record when a value is unfit', async () => {
    const run = await harness(totals)
    expect(() => run.timed([sale('ann', 'x' as never, 1)])).toThrowError(
      /^runningAggregate\(spent,sales\): spent: sum\(cents\) failed on { user: 'ann', cents: 'x' }/,
    )
  })

  it('refuses to be built without aggregates, with a name taken, or with bounds of a window', async () => {
    const built = (aggregates: object) =>
      harness((input: Stream<Sale>) => input.pipe(keyBy('user'), runningAggregate(aggregates as Any), changes()))
    await expect(built({})).rejects.toThrowError(expect.objectContaining({ code: 'AGGREGATE_NAME' }))
    await expect(built({ user: count() })).rejects.toThrowError(expect.objectContaining({ code: 'AGGREGATE_NAME' }))
    await expect(built({ at: windowStart() })).rejects.toThrowError(expect.objectContaining({ code: 'WINDOW_BOUNDS' }))
  })

  it('comes to what a batch would, however it is cut and wherever it crashes', async () => {
    const batches = fc.array(
      fc.record({
        sales: fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: -9, max: 9 }), fc.nat(20))),
        crashes: fc.boolean(),
      }),
      { maxLength: 8 },
    )
    await fc.assert(
      fc.asyncProperty(batches, async (input) => {
        const build = (stream: Stream<Sale>) =>
          stream.pipe(
            keyBy('user'),
            runningAggregate({
              sales: count(),
              positive: where(({ cents }) => cents > 0, sum('cents')),
              least: min('cents'),
              latest: last('cents'),
              all: collect('cents'),
            }),
            changes(),
          )
        let run = await harness(build)
        const rows = []
        for (const { sales, crashes } of input) {
          run.timed(sales.map(([user, cents, timestampMs]) => sale(user, cents, timestampMs)))
          if (!crashes) continue
          rows.push(...run.rows())
          run = await run.restart()
        }
        rows.push(...run.rows())
        expect(applyChanges(rows)).toEqual(oracle(input.flatMap(({ sales }) => sales)))
      }),
      runs(10_000),
    )
  })
})

function oracle(sales: readonly (readonly [user: string, cents: number, timestampMs: number])[]): unknown[] {
  const users = [...new Set(sales.map(([user]) => user))]
  const rows = users.map((user) => {
    const own = sales.filter((each) => each[0] === user)
    const cents = own.map((each) => each[1])
    const positive = cents.filter((each) => each > 0)
    const latestMs = Math.max(...own.map((each) => each[2]))
    return {
      user,
      sales: BigInt(own.length),
      positive: positive.length === 0 ? null : positive.reduce((total, each) => total + each, 0),
      least: Math.min(...cents),
      latest: own.findLast((each) => each[2] === latestMs)![1],
      all: cents,
    }
  })
  return rows.toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1))
}
