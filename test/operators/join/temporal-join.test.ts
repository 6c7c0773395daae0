import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyBy, temporalJoin } from '../../../operators/index.ts'
import type { Stream } from '../../../topology/stream.ts'
import { harness2 } from '../../support/operator-harness.ts'
import { FRESH_SEED, runs } from '../../support/scale.ts'
import { type Row, steps, twoSided } from './two-sided.ts'

interface Order {
  readonly currency: string
  readonly n: number
}
interface Rate {
  readonly currency: string
  readonly rate: number
}

const join = (type: 'inner' | 'left') => (orders: Stream<Order>, rates: Stream<Rate>) =>
  orders.pipe(
    keyBy('currency'),
    temporalJoin(rates.pipe(keyBy('currency')), {
      type,
      select: ({ n }: Order, rate: Rate | null) => ({ n, rate: rate?.rate ?? null }),
    }),
  )

const order = (n: number, atMs: number, currency = 'EUR') => [{ currency, n }, atMs] as const
const rate = (value: number, atMs: number, currency = 'EUR') => [{ currency, rate: value }, atMs] as const

describe('temporalJoin', () => {
  it('takes the version of the time of each row, whatever came first', async () => {
    const run = await harness2(join('left'))
    run.left.timed([order(1, 10), order(2, 20), order(3, 5)])
    run.right.timed([rate(1.2, 15), rate(1.1, 8), rate(9.9, 12, 'USD')])
    expect(run.rows()).toEqual([])
    run.left.watermark(20)
    run.right.watermark(20)
    expect(run.rows()).toEqual([
      { n: 3, rate: null },
      { n: 1, rate: 1.1 },
      { n: 2, rate: 1.2 },
    ])
    expect(run.timestampsMs()).toEqual([5, 10, 20])
  })

  it('keeps the version that holds, also over a restart, and tells what is late', async () => {
    const run = await harness2(join('inner'))
    run.right.timed([rate(1.1, 5), rate(1.2, 6)])
    run.left.watermark(10)
    run.right.watermark(10)
    const next = await run.restart()
    next.left.timed([order(1, 10), order(2, 11)])
    next.right.timed([rate(7, 10), rate(1.3, 12)])
    next.left.timed([order(3, 12)])
    next.left.end(true)
    next.right.end(true)
    expect(next.rows()).toEqual([
      { n: 2, rate: 1.2 },
      { n: 3, rate: 1.3 },
    ])
    expect(next.rows('lateLeft')).toEqual([{ currency: 'EUR', n: 1 }])
    expect(next.rows('lateRight')).toEqual([{ currency: 'EUR', rate: 7 }])
  })

  it('joins all that waits at a drain, and keeps the versions behind that for a later run', async () => {
    const run = await harness2(join('left'))
    run.right.timed([rate(1.1, 5), rate(1.2, 20), rate(1.3, 30)])
    run.left.timed([order(1, 10)])
    run.left.end(true)
    run.right.end(true)
    expect(run.rows()).toEqual([{ n: 1, rate: 1.1 }])
    const next = await run.restart()
    next.left.timed([order(2, 10), order(3, 15), order(4, 25)])
    next.right.timed([rate(9.9, 10)])
    next.left.watermark(30)
    next.right.watermark(30)
    expect(next.rows()).toEqual([
      { n: 3, rate: 1.1 },
      { n: 4, rate: 1.2 },
    ])
    expect(next.rows('lateLeft')).toEqual([{ currency: 'EUR', n: 2 }])
    expect(next.rows('lateRight')).toEqual([{ currency: 'EUR', rate: 9.9 }])
  })

  it('keeps each row as an entry of its own, until it is joined, and one version of each key', async () => {
    const run = await harness2(join('inner'))
    run.left.timed(Array.from({ length: 500 }, (_, n) => order(n, 10 + n)))
    run.right.timed(Array.from({ length: 300 }, (_, n) => rate(n, n)))
    const entries = async () => {
      const { keyed } = await run.snapshot()
      return Object.fromEntries(keyed.map(({ state, entries }) => [state, entries]))
    }
    expect(await entries()).toMatchObject({ left: 500, right: 300 })
    run.left.watermark(209)
    run.right.watermark(209)
    expect(await entries()).toMatchObject({ left: 300, right: 90, versions: 1 })
    expect(run.gauges.get('state_entries{state="left"}')).toBe(300)
  })

  it('names the function and both rows when it fails', async () => {
    const run = await harness2((orders: Stream<Order>, rates: Stream<Rate>) =>
      orders.pipe(keyBy('currency'), temporalJoin(rates.pipe(keyBy('currency')), { select: () => undefined as never })),
    )
    run.left.timed([order(1, 10)])
    run.right.timed([rate(1.1, 8)])
    run.left.watermark(20)
    expect(() => run.right.watermark(20)).toThrow(
      /temporalJoin\(currency=currency\): select failed on .*n: 1.*rate: 1\.1/,
    )
  })
})

it(`joins as a naive oracle does, over restarts and rescales (seed ${FRESH_SEED})`, async () => {
  const options = fc.record({ type: fc.constantFrom('inner', 'left'), odd: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(options, steps({ maxMs: 2_500, everyMs: 100 }), async ({ type, odd }, script) => {
      const where = (left: Row, right: Row) => !odd || (left.n + right.n) % 2 === 1
      const run = await twoSided(
        (left, right) =>
          left.pipe(
            keyBy('key'),
            temporalJoin(right.pipe(keyBy('key')), {
              type,
              where,
              select: (l: Row, r: Row | null) => ({ left: l.n, right: r?.n ?? null }),
            }),
          ),
        script,
      )
      const numbers = (side: typeof run.left) => side.filter(({ isLate }) => isLate).map(({ value }) => value.n)
      expect(run.late).toEqual({ left: numbers(run.left), right: numbers(run.right) })
      const [lefts, versions] = [run.left, run.right].map((side) => side.filter(({ isLate }) => !isLate))
      const expected = lefts!
        .filter(({ atMs }) => atMs <= run.watermarkMs)
        .flatMap(({ value, atMs }) => {
          const version = versions!
            .filter((each) => each.value.key === value.key && each.atMs <= atMs)
            .toSorted((a, b) => a.atMs - b.atMs || a.value.n - b.value.n)
            .at(-1)?.value
          const found = version !== undefined && where(value, version) ? version.n : null
          return found === null && type === 'inner' ? [] : [{ left: value.n, right: found, at: atMs }]
        })
      const order = (a: { left: number }, b: { left: number }) => a.left - b.left
      expect(run.rows.toSorted(order)).toEqual(expected.toSorted(order))
    }),
    runs(10_000, 50),
  )
})
