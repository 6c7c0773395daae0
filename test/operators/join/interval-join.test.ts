import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type IntervalJoinOptions, intervalJoin, keyBy } from '../../../operators/index.ts'
import { milliseconds } from '../../../topology/duration.ts'
import type { Stream } from '../../../topology/stream.ts'
import { type HarnessOptions, harness2 } from '../../support/operator-harness.ts'
import { runs } from '../../support/scale.ts'
import { type Row, row, steps, twoSided } from './two-sided.ts'

type Options = Partial<Omit<IntervalJoinOptions<Row, Row, any, any>, 'lower' | 'upper' | 'select'>>

const pair = (left: Row | null, right: Row | null) => ({ left: left?.n ?? null, right: right?.n ?? null })
const build =
  (lower: number, upper: number, options: Options = {}) =>
  (left: Stream<Row>, right: Stream<Row>) =>
    left.pipe(
      keyBy('key'),
      intervalJoin(right.pipe(keyBy('key')), {
        lower: milliseconds(lower),
        upper: milliseconds(upper),
        select: pair,
        ...options,
      }),
    )
const open = (lower: number, upper: number, options?: Options, harness?: HarnessOptions) =>
  harness2(build(lower, upper, options), harness)

describe('intervalJoin', () => {
  it('emits nothing for nothing', async () => {
    const run = await open(0, 10, { type: 'full' })
    run.left.batch([], { timestampsMs: new Float64Array() }).end(true)
    run.right.end(true)
    expect(run.rows()).toEqual([])
  })

  it('joins within the bounds, both inclusive, whichever side comes first', async () => {
    //  left        L@100
    //  right    98 [99 ──── 105] 106
    const run = await open(-1, 5)
    run.right.timed([row('a', 98, 1), row('a', 99, 2)])
    run.left.timed([row('a', 100, 10)])
    run.right.timed([row('a', 105, 3), row('a', 106, 4), row('b', 100, 5)])
    expect(run.rows()).toEqual([
      { left: 10, right: 2 },
      { left: 10, right: 3 },
    ])
    expect(run.timestampsMs()).toEqual([100, 105])
  })

  it('tells keys apart by type', async () => {
    const run = await open(0, 0)
    run.left.timed([row('1', 5, 1), row(1, 5, 2)])
    run.right.timed([row(1, 5, 3)])
    expect(run.rows()).toEqual([{ left: 2, right: 3 }])
  })

  it('asks where, and takes a row for matched only if it says so', async () => {
    const run = await open(0, 10, { type: 'left', where: (left, right) => left.n < right.n })
    run.left.timed([row('a', 100, 5)])
    run.right.timed([row('a', 101, 4)])
    run.left.watermark(200)
    run.right.watermark(200)
    expect(run.rows()).toEqual([{ left: 5, right: null }])
  })

  it('sends what matched nothing when the watermark has passed its last chance, at that time', async () => {
    //  left   L@100 ─────── 110: no match any more
    //  right  R@90 (its lefts end at 90)
    const run = await open(0, 10, { type: 'full' })
    run.left.timed([row('a', 100, 1)]).watermark(109)
    run.right.timed([row('a', 90, 2)]).watermark(89)
    expect(run.rows()).toEqual([])
    run.right.watermark(109)
    expect(run.rows()).toEqual([{ left: null, right: 2 }])
    run.left.watermark(110)
    run.right.watermark(110)
    expect(run.rows().slice(1)).toEqual([{ left: 1, right: null }])
    expect(run.timestampsMs()).toEqual([90, 110])
    expect(run.watermarks()).toEqual([89, 109, 110])
  })

  it('sends what is at or before the watermark to the late output of its side', async () => {
    const run = await open(-10, 10)
    run.left.watermark(100)
    run.right.watermark(100)
    run.left.timed([row('a', 100, 1), row('a', 101, 2)])
    run.right.timed([row('a', 99, 3), row('a', 102, 4)])
    expect(run.rows()).toEqual([{ left: 2, right: 4 }])
    expect(run.rows('lateLeft')).toMatchObject([{ n: 1 }])
    expect(run.rows('lateRight')).toMatchObject([{ n: 3 }])
    expect(run.counter('num_late_records_dropped_total')).toBe(2)
  })

  it('forgets what the watermark has passed', async () => {
    const run = await open(0, 4_000, {})
    for (let second = 0; second < 100; second++) {
      run.left.timed([row('a', second * 1_000, second)]).watermark(second * 1_000)
      run.right.timed([row('a', second * 1_000 + 1, second)]).watermark(second * 1_000)
    }
    expect(run.gauges.get('state_entries{state="left"}')).toBeLessThan(8)
    expect(run.gauges.get('state_entries{state="right"}')).toBeLessThan(4)
  })

  it('settles everything at a drain, and takes what comes for it afterwards for late', async () => {
    const run = await open(0, 10, { type: 'left' })
    run.left.timed([row('a', 100, 1)]).end(true)
    run.right.end(true)
    expect(run.rows()).toEqual([{ left: 1, right: null }])
    const next = await run.restart()
    next.right.timed([row('a', 100, 2), row('a', 101, 3)])
    next.left.timed([row('a', 101, 4)])
    expect(next.rows('lateRight')).toMatchObject([{ n: 2 }])
    expect(next.rows()).toEqual([{ left: 4, right: 3 }])
  })

  it.each<[string, Options & { select?: any }]>([
    ['where', { where: (() => 'yes') as never }],
    ['where', { where: () => { throw new RangeError('no') } }], // biome-ignore format: a case per line
    ['select', { select: () => undefined }],
    ['select', { select: async () => 1 }],
  ])('names itself and %s, which returns what it must not', async (what, options) => {
    const run = await open(0, 10, options)
    run.left.timed([row('a', 1, 1)])
    expect(() => run.right.timed([row('a', 2, 2)])).toThrowError(
      expect.objectContaining({
        code: 'OPERATOR_FAILED',
        message: expect.stringMatching(new RegExp(`^intervalJoin\\(key=key\\): ${what} failed on`)),
      }),
    )
  })

  it.each([
    [10, 0],
    [0.5, 1],
    [0, Number.NaN],
  ])('refuses the bounds %d and %d', (lower, upper) => {
    expect(() => build(lower, upper)(undefined as never, { pipe: () => undefined } as never)).toThrow()
    expect(() => intervalJoin<any, any>({}, { lower: milliseconds(lower), upper: milliseconds(upper) })).toThrowError(
      expect.objectContaining({ code: 'JOIN_BOUNDS' }),
    )
  })

  it('refuses sides that are keyed by another number of fields', async () => {
    const uneven = (left: Stream<Row>, right: Stream<Row>) =>
      left.pipe(
        keyBy('key', 'n'),
        intervalJoin(right.pipe(keyBy('key')) as any, {
          lower: milliseconds(0),
          upper: milliseconds(1),
          select: () => null,
        }),
      )
    await expect(harness2(uneven)).rejects.toMatchObject({ code: 'JOIN_KEY' })
  })

  it('does as a naive oracle, over any streams, watermarks and restarts', async () => {
    const options = fc.record({
      type: fc.constantFrom('inner', 'left', 'right', 'full'),
      bounds: fc.tuple(fc.integer({ min: -2_500, max: 2_500 }), fc.integer({ min: 0, max: 3_000 })),
      odd: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(options, steps({ maxMs: 4_000 }), async ({ type, bounds: [lower, width], odd }, script) => {
        const upper = lower + width
        const where = (left: Row, right: Row) => !odd || (left.n + right.n) % 2 === 1
        const { rows, late, left, right, watermarkMs } = await twoSided(build(lower, upper, { type, where }), script)

        const lateOf = (side: typeof left) => side.filter(({ isLate }) => isLate).map(({ value }) => value.n)
        expect(late).toEqual({ left: lateOf(left), right: lateOf(right) })
        const [lefts, rights] = [left, right].map((side) => side.filter(({ isLate }) => !isLate))
        const matches = lefts!.flatMap((l) =>
          rights!
            .filter((r) => l.value.key === r.value.key && where(l.value, r.value))
            .filter((r) => r.atMs >= l.atMs + lower && r.atMs <= l.atMs + upper)
            .map((r) => ({ l, r })),
        )
        const expected = matches.map(({ l, r }) => ({ ...pair(l.value, r.value), at: Math.max(l.atMs, r.atMs) }))
        for (const l of type === 'left' || type === 'full' ? lefts! : []) {
          const at = l.atMs + Math.max(0, upper)
          if (at <= watermarkMs && !matches.some((match) => match.l === l))
            expected.push({ ...pair(l.value, null), at })
        }
        for (const r of type === 'right' || type === 'full' ? rights! : []) {
          const at = r.atMs + Math.max(0, -lower)
          if (at <= watermarkMs && !matches.some((match) => match.r === r))
            expected.push({ ...pair(null, r.value), at })
        }
        const order = (a: (typeof expected)[0], b: (typeof expected)[0]) =>
          (a.left ?? -1) - (b.left ?? -1) || (a.right ?? -1) - (b.right ?? -1)
        expect(rows.toSorted(order)).toEqual(expected.toSorted(order))
      }),
      runs(10_000),
    )
  })
})
