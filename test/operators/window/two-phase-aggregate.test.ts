import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  aggregate,
  avg,
  collect,
  count,
  countDistinct,
  filter,
  first,
  keyBy,
  last,
  onCount,
  percentile,
  session,
  sliding,
  sum,
  tumbling,
  twoPhaseAggregate,
  window,
  windowStart,
} from '../../../operators/index.ts'
import { milliseconds } from '../../../topology/duration.ts'
import type { Stream } from '../../../topology/stream.ts'
import { textOf } from '../../support/changelog.ts'
import { harness } from '../../support/operator-harness.ts'
import { runs } from '../../support/scale.ts'

interface Sale {
  user: string
  shop: number
  cents: number
}

const AGGREGATES = {
  from: windowStart(),
  sales: count(),
  total: sum<Sale, 'cents'>('cents'),
  mean: avg<Sale, 'cents'>('cents'),
  shops: countDistinct<Sale, 'shop'>('shop'),
  earliest: first<Sale, 'cents'>('cents'),
  latest: last<Sale, 'cents'>('cents'),
  median: percentile<Sale, 'cents'>('cents', 0.5),
  all: collect<Sale, 'cents'>('cents'),
}

const WINDOWS = {
  tumbling: tumbling(milliseconds(10)),
  sliding: sliding(milliseconds(12), milliseconds(4)),
}
const LATENESS = { allowedLateness: milliseconds(5) }

const KEYS = {
  'a field': keyBy<Stream<Sale>, ['user']>('user'),
  'two fields': keyBy<Stream<Sale>, ['user', 'shop']>('user', 'shop'),
  'a function': keyBy<Stream<Sale>, string>(({ user }) => user),
} as Record<string, any>

const sale = (user: string, cents: number, timestampMs: number): [Sale, number] => [
  { user, shop: 1, cents },
  timestampMs,
]

const twoPhases = (input: Stream<Sale>) =>
  input.pipe(
    keyBy('user'),
    window(tumbling(milliseconds(10))),
    twoPhaseAggregate({ from: windowStart(), total: sum('cents') }),
  )

describe('twoPhaseAggregate', () => {
  it('sends one part per key and pane of a batch', async () => {
    const run = await harness(twoPhases)
    run.timed([sale('ann', 1, 1), sale('bob', 2, 2), sale('ann', 4, 3), sale('ann', 8, 11)]).watermark(100)
    expect(run.rows().toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1))).toEqual(
      [
        { user: 'ann', from: 0n, total: 5 },
        { user: 'bob', from: 0n, total: 2 },
        { user: 'ann', from: 10_000n, total: 8 },
      ].toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1)),
    )
  })

  it('writes what comes too late as results of its part', async () => {
    const run = await harness(twoPhases)
    run.watermark(20).timed([sale('ann', 1, 1), sale('ann', 2, 4), sale('ann', 4, 25)])
    expect(run.rows('late')).toEqual([{ user: 'ann', from: 0n, total: 3 }])
    run.watermark(100)
    expect(run.rows()).toEqual([{ user: 'ann', from: 20_000n, total: 4 }])
  })

  it('names the record whose value is unfit', async () => {
    const run = await harness(twoPhases)
    expect(() => run.timed([sale('ann', 'x' as never, 1)])).toThrowError(/total: sum\(cents\) failed on { user: 'ann'/)
    const another = await harness(twoPhases)
    expect(() => another.timed([sale(null as never, 1, 1)])).toThrowError(/has no usable key: null cannot be a key/)
  })

  it.each([
    [
      'sessions',
      () => (s: Stream<Sale>) =>
        s.pipe(keyBy('user'), window(session(milliseconds(5))), twoPhaseAggregate({ n: count() })),
    ],
    [
      'a trigger that counts',
      () => (s: Stream<Sale>) =>
        s.pipe(
          keyBy('user'),
          window(tumbling(milliseconds(5)), { trigger: onCount(2) }),
          twoPhaseAggregate({ n: count() }),
        ),
    ],
    [
      'what stands between',
      () => (s: Stream<Sale>) =>
        s.pipe(
          keyBy('user'),
          filter(() => true),
          window(tumbling(milliseconds(5))),
          twoPhaseAggregate({ n: count() }),
        ),
    ],
  ])('refuses %s', async (_what, build) => {
    await expect(harness(build() as never)).rejects.toThrowError(expect.objectContaining({ code: 'TWO_PHASE' }))
  })

  it('comes to what one phase comes to', async () => {
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          sales: fc.array(
            fc.tuple(
              fc.constantFrom('a', 'b'),
              fc.nat(2),
              fc.integer({ min: -9, max: 9 }),
              fc.integer({ min: 0, max: 60 }),
            ),
            { minLength: 1, maxLength: 8 },
          ),
        }),
      },
      { weight: 2, arbitrary: fc.record({ watermarkMs: fc.nat(80) }) },
      { weight: 1, arbitrary: fc.constant('restart' as const) },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 15 }),
        fc.constantFrom(...Object.keys(KEYS)),
        fc.constantFrom('tumbling' as const, 'sliding' as const),
        async (steps, key, kind) => {
          const build =
            (of: (aggregates: typeof AGGREGATES, options: { name: string }) => any) => (input: Stream<Sale>) =>
              input.pipe(KEYS[key], window(WINDOWS[kind], LATENESS) as any, of(AGGREGATES, { name: 'sales' })) as any
          const found = []
          for (const of of [aggregate, twoPhaseAggregate] as any[]) {
            let run: any = await harness(build(of))
            const rows: unknown[] = []
            let late = 0
            const collectRows = () => {
              rows.push(...run.rows())
              late += run.rows('late').reduce((sum: number, row: any) => sum + Number(row.sales ?? 1), 0)
            }
            let watermarkMs = 0
            for (const each of [...steps, { watermarkMs: 1000 }]) {
              if (each === 'restart') {
                collectRows()
                run = await run.restart()
              } else if ('watermarkMs' in each) {
                watermarkMs = Math.max(watermarkMs, each.watermarkMs)
                run.watermark(watermarkMs)
              } else {
                run.timed(each.sales.map(([user, shop, cents, atMs]) => [{ user, shop, cents }, atMs]))
              }
            }
            collectRows()
            found.push({ late, rows: rows.map(textOf).sort() })
          }
          expect(found[1]).toEqual(found[0])
        },
      ),
      runs(1_000),
    )
  })
})
