import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changes, desc, global, keyBy, latest, topN, window, windowTopN } from '../../../operators/index.ts'
import type { Stream } from '../../../topology/stream.ts'
import { applyChanges, Multiset } from '../../support/changelog.ts'
import { harness } from '../../support/operator-harness.ts'
import { runs } from '../../support/scale.ts'

interface Bid {
  auction: string
  price: number | null
  n: number
}

const top =
  (n: number, ranked = false) =>
  (s: Stream<Bid>): Stream<any> =>
    ranked
      ? s.pipe(topN({ by: 'auction', n, orderBy: desc('price'), rank: 'place' }), changes())
      : s.pipe(topN({ by: 'auction', n, orderBy: desc('price') }), changes())
const last = (s: Stream<Bid>): Stream<any> => s.pipe(latest({ by: 'auction', orderBy: 'price' }), changes())
const bid = (auction: string, price: number | null, n: number): Bid => ({ auction, price, n })

describe('topN', () => {
  it('emits nothing for nothing', async () => {
    const run = await harness(top(2))
    run.batch([]).end(true)
    expect(run.rows()).toEqual([])
  })

  it('takes a row back when another enters for it; of equal rows the earlier stays', async () => {
    const run = await harness(top(2))
    run.batch([bid('a', 5, 1), bid('a', 5, 2), bid('a', 5, 3), bid('a', null, 4), bid('a', 7, 5)])
    expect(run.rows().map(({ n, kind }) => [n, kind])).toEqual([
      [1, 'insert'],
      [2, 'insert'],
      [2, 'delete'],
      [5, 'insert'],
    ])
  })

  it('updates every place that has another row', async () => {
    const run = await harness(top(2, true))
    run.timed([
      [bid('a', 5, 1), 10],
      [bid('a', 7, 2), 11],
      [bid('a', 6, 3), 12],
    ])
    expect(run.rows().map(({ n, place, kind }) => [n, place, kind])).toEqual([
      [1, 1, 'insert'],
      [1, 1, 'update-before'],
      [2, 1, 'update-after'],
      [1, 2, 'insert'],
      [1, 2, 'update-before'],
      [3, 2, 'update-after'],
    ])
    expect(run.timestampsMs()).toEqual([10, 11, 11, 11, 12, 12])
  })

  it.each([0, -1, 1.5, Number.NaN, 10_001])('refuses to keep %d rows', (n) => {
    const topOf = topN as any
    expect(() => topOf({ by: 'auction', n, orderBy: desc('price') })).toThrowError(
      expect.objectContaining({ code: 'TOP_N' }),
    )
  })
})

describe('latest', () => {
  it('replaces a row by what is later, or as late and came later', async () => {
    const run = await harness(last)
    run.batch([bid('a', 5, 1), bid('a', 4, 2), bid('a', null, 3), bid('a', 5, 4), bid('b', null, 5)])
    expect(run.rows().map(({ n, kind }) => [n, kind])).toEqual([
      [1, 'insert'],
      [1, 'update-before'],
      [4, 'update-after'],
      [5, 'insert'],
    ])
  })
})

describe('windowTopN', () => {
  it('writes the first rows of all once, when the input ends', async () => {
    const run = await harness((s: Stream<Bid>) =>
      s.pipe(keyBy('auction'), window(global()), windowTopN({ n: 2, orderBy: desc('price'), rank: 'place' })),
    )
    run.batch([bid('a', 5, 1), bid('a', 7, 2), bid('a', 6, 3)])
    expect(run.rows()).toEqual([])
    run.end(true)
    expect(run.rows().map(({ n, place }) => [n, place])).toEqual([
      [2, 1],
      [3, 2],
    ])
  })
})

it.each(['topN', 'topN with a rank', 'latest'])(
  '%s does as a naive oracle, over any stream and restarts',
  async (name) => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.tuple(fc.constantFrom('a', 'b'), fc.option<number>(fc.nat({ max: 5 }))) },
      { weight: 1, arbitrary: fc.constant('restart' as const) },
    )
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 40 }), async (n, steps) => {
        const build = name === 'latest' ? last : top(n, name !== 'topN')
        let run = await harness(build)
        const rows: any[] = []
        const sent: Bid[] = []
        for (const each of steps) {
          if (each === 'restart') {
            rows.push(...run.rows())
            run = await run.restart()
          } else {
            sent.push(bid(...each, sent.length))
            run.batch([sent.at(-1)!])
          }
        }
        rows.push(...run.rows())
        const expected = ['a', 'b'].flatMap((auction) => {
          const own = sent.filter((each) => each.auction === auction)
          const later = name === 'latest' ? -1 : 1
          const sorted = own.toSorted((x, y) => (y.price ?? -1) - (x.price ?? -1) || later * (x.n - y.n))
          const first = sorted.slice(0, name === 'latest' ? 1 : n)
          return name === 'topN with a rank' ? first.map((row, index) => ({ ...row, place: index + 1 })) : first
        })
        expect(applyChanges(rows)).toEqual(Multiset.of<any>(expected).rows())
      }),
      runs(10_000),
    )
  },
)
