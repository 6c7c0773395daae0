import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyBy, temporalJoin } from '../../../operators/index.ts'
import type { Stream } from '../../../topology/stream.ts'
import { harness2 } from '../../support/operator-harness.ts'
import { FRESH_SEED, runs } from '../../support/scale.ts'

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

type Step =
  | { readonly side: 'left' | 'right'; readonly atMs: number; readonly currency: string }
  | { readonly watermark: number }
  | 'restart'

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        side: fc.constantFrom('left' as const, 'right' as const),
        atMs: fc.integer({ min: 0, max: 30 }),
        currency: fc.constantFrom('EUR', 'USD'),
      }),
    },
    { weight: 2, arbitrary: fc.record({ watermark: fc.integer({ min: 0, max: 30 }) }) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  ),
  { maxLength: 40 },
)

it(`joins as a naive oracle does, over restarts (seed ${FRESH_SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (todo) => {
      let run = await harness2(join('left'))
      const out: unknown[] = []
      const orders: { n: number; atMs: number; currency: string }[] = []
      const rates: { rate: number; atMs: number; currency: string }[] = []
      let watermarkMs = -1
      for (const [n, step] of todo.entries()) {
        if (step === 'restart') {
          out.push(...run.rows())
          run = await run.restart()
        } else if ('watermark' in step) {
          watermarkMs = Math.max(watermarkMs, step.watermark)
          run.left.watermark(watermarkMs)
          run.right.watermark(watermarkMs)
        } else if (step.side === 'left') {
          if (step.atMs > watermarkMs) orders.push({ n, ...step })
          run.left.timed([order(n, step.atMs, step.currency)])
        } else {
          if (step.atMs > watermarkMs) rates.push({ rate: n, ...step })
          run.right.timed([rate(n, step.atMs, step.currency)])
        }
      }
      run.left.end(true)
      run.right.end(true)
      out.push(...run.rows())
      const expected = orders.map(({ n, atMs, currency }) => {
        const valid = rates.filter((each) => each.currency === currency && each.atMs <= atMs)
        const version = valid.sort((a, b) => a.atMs - b.atMs || a.rate - b.rate).at(-1)
        return { n, rate: version?.rate ?? null }
      })
      const byN = (a: { n: number }, b: { n: number }) => a.n - b.n
      expect((out as { n: number }[]).sort(byN)).toEqual(expected.sort(byN))
    }),
    runs(10_000, 50),
  )
})
