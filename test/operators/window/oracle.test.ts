/** Windows of every kind and trigger against a naive oracle, over streams out of order, drains and restarts. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  aggregate,
  count,
  countDistinct,
  countWindow,
  early,
  every,
  global,
  keyBy,
  max,
  onCount,
  onEventTime,
  purging,
  session,
  sliding,
  sum,
  type Trigger,
  tumbling,
  window,
  windowAll,
  windowEnd,
  windowStart,
} from '../../../operators/index.ts'
import { milliseconds } from '../../../topology/duration.ts'
import type { Stream } from '../../../topology/stream.ts'
import { harness } from '../../support/operator-harness.ts'
import { FRESH_SEED, runs } from '../../support/scale.ts'
import { type Firing, type NaiveOptions, type NaiveStep, NaiveWindows, type Sale } from './naive-windows.ts'

const TOTALS = {
  total: sum<Sale, 'cents'>('cents'),
  sales: count(),
  most: max<Sale, 'cents'>('cents'),
  kinds: countDistinct<Sale, 'cents'>('cents'),
}
const BOUNDS = { start: windowStart(), end: windowEnd() }

const step: fc.Arbitrary<NaiveStep> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      sale: fc.record({
        user: fc.constantFrom('ann', 'bob', 'cy'),
        cents: fc.bigInt({ min: -3n, max: 10n ** 20n }),
      }),
      timestampMs: fc.integer({ min: -100, max: 400 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ watermarkMs: fc.integer({ min: -100, max: 500 }) }) },
  { weight: 1, arbitrary: fc.constantFrom('restart' as const, 'drain' as const) },
)
const steps = fc.array(step, { maxLength: 60 })

/** What trigger is asked for, for both sides. */
const triggers = fc.record({
  latenessMs: fc.constantFrom(0, 15, 60),
  firesLate: fc.boolean(),
  earlyEventMs: fc.constantFrom(undefined, undefined, 25),
  records: fc.constantFrom(undefined, undefined, 1, 3),
})
type Asked = typeof triggers extends fc.Arbitrary<infer A> ? A : never

function triggerOf({ firesLate, earlyEventMs, records }: Partial<Asked>, purges: boolean): Trigger {
  let trigger = onEventTime({ lateFirings: firesLate ?? false })
  if (records !== undefined) trigger = onCount(records, trigger)
  if (earlyEventMs !== undefined) trigger = early(every(milliseconds(earlyEventMs), { time: 'event' }), trigger)
  return purges ? purging(trigger) : trigger
}

async function agrees(
  build: (s: Stream<Sale>) => any,
  naive: NaiveOptions,
  all: readonly NaiveStep[],
  hasBounds = true,
) {
  let run = await harness<Sale, any>(build)
  const oracle = new NaiveWindows(naive)
  const actual = { out: [] as string[], late: [] as unknown[] }
  const collect = () => {
    const timesMs = run.timestampsMs('out')
    actual.out.push(...run.rows('out').map((row, i) => text({ ...(row as object), timeMs: timesMs[i] })))
    actual.late.push(...run.rows('late'))
  }
  let watermarkMs = Number.NEGATIVE_INFINITY
  for (const each of all) {
    oracle.take(each)
    if (each === 'restart' || each === 'drain') {
      if (each === 'drain') run.end(true)
      collect()
      run = await run.restart()
    } else if ('watermarkMs' in each) {
      watermarkMs = Math.max(watermarkMs, each.watermarkMs)
      run.watermark(watermarkMs)
    } else {
      run.timed([[each.sale, each.timestampMs]])
    }
  }
  collect()
  expect(actual.late).toEqual(oracle.late)
  expect(actual.out.sort()).toEqual(oracle.out.map((firing) => text(rowOf(firing, hasBounds))).sort())
}

function rowOf({ user, startMs, endMs, sales, greatestMs }: Firing, hasBounds: boolean): object {
  const cents = sales.map((sale) => sale.cents)
  return {
    user,
    ...(hasBounds && { start: BigInt(startMs) * 1000n, end: BigInt(endMs) * 1000n }),
    total: cents.reduce((a, b) => a + b, 0n),
    sales: BigInt(cents.length),
    most: cents.toSorted((a, b) => (a < b ? 1 : -1))[0],
    kinds: BigInt(new Set(cents).size),
    timeMs: hasBounds ? endMs - 1 : greatestMs,
  }
}

const text = (row: object) => JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))

const slidingOf = (sizeMs: number, slideMs: number, offsetMs: number) => (timestampMs: number) => {
  const first = Math.floor((timestampMs - offsetMs) / slideMs) * slideMs + offsetMs
  const windows: [number, number][] = []
  for (let startMs = first; startMs > timestampMs - sizeMs; startMs -= slideMs)
    windows.push([startMs, startMs + sizeMs])
  return windows
}

describe(`against a naive oracle (seed ${FRESH_SEED})`, () => {
  it('tumbling windows agree, whatever their trigger', async () => {
    await fc.assert(
      fc.asyncProperty(steps, triggers, fc.boolean(), async (all, asked, purges) => {
        const build = (s: Stream<Sale>) =>
          s.pipe(
            keyBy('user'),
            window(tumbling(milliseconds(50), { offset: milliseconds(-7) }), {
              allowedLateness: milliseconds(asked.latenessMs),
              trigger: triggerOf(asked, purges),
            }),
            aggregate({ ...BOUNDS, ...TOTALS }),
          )
        await agrees(build, { ...asked, purges, windowsOf: slidingOf(50, 50, -7) }, all)
      }),
      runs(10_000),
    )
  })

  it('sliding windows agree, whatever their size, slide and trigger', async () => {
    const sizes = fc.constantFrom([60, 20], [50, 20], [40, 40], [35, 10], [30, 7]) as fc.Arbitrary<[number, number]>
    await fc.assert(
      fc.asyncProperty(steps, triggers, sizes, async (all, asked, [sizeMs, slideMs]) => {
        const build = (s: Stream<Sale>) =>
          s.pipe(
            keyBy('user'),
            window(sliding(milliseconds(sizeMs), milliseconds(slideMs), { offset: milliseconds(3) }), {
              allowedLateness: milliseconds(asked.latenessMs),
              trigger: triggerOf(asked, false),
            }),
            aggregate({ ...BOUNDS, ...TOTALS }),
          )
        await agrees(build, { ...asked, windowsOf: slidingOf(sizeMs, slideMs, 3) }, all)
      }),
      runs(10_000),
    )
  })

  it('sessions agree, whatever their trigger', async () => {
    await fc.assert(
      fc.asyncProperty(steps, triggers, fc.boolean(), fc.constantFrom(5, 20, 50), async (all, asked, purges, gapMs) => {
        const build = (s: Stream<Sale>) =>
          s.pipe(
            keyBy('user'),
            window(session(milliseconds(gapMs)), {
              allowedLateness: milliseconds(asked.latenessMs),
              trigger: triggerOf(asked, purges),
            }),
            aggregate({ ...BOUNDS, ...TOTALS }),
          )
        await agrees(build, { ...asked, purges, merges: true, windowsOf: (atMs) => [[atMs, atMs + gapMs]] }, all)
      }),
      runs(10_000),
    )
  })

  it('global windows agree, whatever their trigger', async () => {
    await fc.assert(
      fc.asyncProperty(steps, triggers, fc.boolean(), async (all, { earlyEventMs, records }, purges) => {
        const build = (s: Stream<Sale>) =>
          s.pipe(
            keyBy('user'),
            window(global(), { trigger: triggerOf({ earlyEventMs, records }, purges) }),
            aggregate(TOTALS),
          )
        const windowsOf = () => [[Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const]
        await agrees(build, { earlyEventMs, records, purges, windowsOf }, all, false)
      }),
      runs(10_000),
    )
  })

  it('counted windows agree, whatever their size and period', async () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
    await fc.assert(
      fc.asyncProperty(steps, sizes, async (all, [records, period]) => {
        let run = await harness((s: Stream<Sale>) =>
          s.pipe(keyBy('user'), window(countWindow(records, period)), aggregate(TOTALS)),
        )
        const seen = new Map<string, { sale: Sale; timestampMs: number }[]>()
        const [actual, expected]: [string[], string[]] = [[], []]
        const collect = () => {
          const timesMs = run.timestampsMs()
          actual.push(...run.rows().map((row, i) => text({ ...row, timeMs: timesMs[i] })))
        }
        for (const each of all) {
          if (each === 'restart' || each === 'drain') {
            if (each === 'drain') run.end(true)
            collect()
            run = await run.restart()
          } else if ('sale' in each) {
            run.timed([[each.sale, each.timestampMs]])
            const { user } = each.sale
            const own = [...(seen.get(user) ?? []), each]
            seen.set(user, own)
            if (own.length % period !== 0) continue
            const last = own.slice(-records)
            const greatestMs = Math.max(...last.map(({ timestampMs }) => timestampMs))
            const sales = last.map(({ sale }) => sale)
            expected.push(text(rowOf({ user, startMs: 0, endMs: 0, sales, greatestMs }, false)))
          }
        }
        collect()
        expect(actual).toEqual(expected)
      }),
      runs(10_000),
    )
  })

  it('windows of all records agree', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const build = (s: Stream<Sale>) =>
          s.pipe(windowAll(sliding(milliseconds(60), milliseconds(20))), aggregate({ ...BOUNDS, ...TOTALS }))
        const alike = all.map((each) =>
          typeof each === 'object' && 'sale' in each ? { ...each, sale: { ...each.sale, user: undefined! } } : each,
        )
        await agrees(build, { windowsOf: slidingOf(60, 20, 0) }, alike)
      }),
      runs(1_000),
    )
  })
})
