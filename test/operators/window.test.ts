import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  aggregate,
  avg,
  count,
  countDistinct,
  filter,
  keyBy,
  max,
  min,
  sum,
  tumbling,
  window,
  windowDay,
  windowEnd,
  windowStart,
} from '../../operators/index.ts'
import { days, hours, milliseconds } from '../../topology/duration.ts'
import type { Stream } from '../../topology/stream.ts'
import { harness } from '../support/operator-harness.ts'
import { runs } from '../support/scale.ts'

interface Sale {
  user: string
  cents: bigint | null
  n: number
}

const sale = (user: string, timestampMs: number, cents: bigint | null = 1n, n = 0): [Sale, number] => [
  { user, cents, n },
  timestampMs,
]

const windowed =
  (sizeMs: number, latenessMs = 0, offsetMs = 0) =>
  (s: Stream<Sale>) =>
    s.pipe(
      keyBy('user'),
      window(tumbling(milliseconds(sizeMs), { offset: milliseconds(offsetMs) }), {
        allowedLateness: milliseconds(latenessMs),
      }),
      aggregate({ start: windowStart(), total: sum('cents'), sales: count() }),
    )

describe('a tumbling window', () => {
  it('emits nothing for nothing', async () => {
    const run = await harness(windowed(10))
    run.watermark(5).watermark(100).end()
    expect(run.rows()).toEqual([])
    expect(run.watermarks()).toEqual([5, 100])
  })

  it('never closes without a watermark, and stays open at an end without drain', async () => {
    const run = await harness(windowed(10))
    run.timed([sale('ann', 3)]).end()
    expect(run.rows()).toEqual([])
  })

  it('writes one row per key and window, when the watermark reaches its last millisecond', async () => {
    //  ann        1   4     |  12
    //  bob          3       |
    //  window [0 ─────── 10)[10 ─────── 20)
    //  wm                 8 → nothing, 9 → [0, 10)
    const run = await harness(windowed(10))
    run.timed([sale('ann', 1, 5n), sale('bob', 3, 7n), sale('ann', 12, 100n), sale('ann', 4, 6n)])
    run.watermark(8)
    expect(run.rows()).toEqual([])
    run.watermark(9)
    const closed = run.rows().sort((a, b) => (a.user < b.user ? -1 : 1))
    expect(closed).toEqual([
      { user: 'ann', start: 0n, total: 11n, sales: 2n },
      { user: 'bob', start: 0n, total: 7n, sales: 1n },
    ])
    expect(run.timestampsMs()).toEqual([9, 9])
    run.watermark(19)
    expect(run.rows().at(-1)).toEqual({ user: 'ann', start: 10_000n, total: 100n, sales: 1n })
  })

  it('writes its rows before the watermark that closed it', async () => {
    const run = await harness(windowed(10))
    run.timed([sale('ann', 1)]).watermark(9)
    expect(run.elements().map(({ kind }) => kind)).toEqual(['batch', 'watermark'])
  })

  it('puts a boundary into the window that it begins', async () => {
    const run = await harness(windowed(10))
    run.timed([sale('ann', 9), sale('ann', 10), sale('ann', -1), sale('ann', -10)]).watermark(100)
    expect(run.rows().map(({ start, sales }) => [start, sales])).toEqual([
      [-10_000n, 2n],
      [0n, 1n],
      [10_000n, 1n],
    ])
  })

  it('follows its offset', async () => {
    const run = await harness(windowed(10, 0, -3))
    run.timed([sale('ann', 6), sale('ann', 7)]).watermark(100)
    expect(run.rows().map(({ start }) => start)).toEqual([-3_000n, 7_000n])
  })

  it('waits for allowed lateness, then sends to late', async () => {
    //  window    [0 ──────── 10)
    //  lateness            ░░░░░ 14
    //  wm                   12   → still open;   14 → closed
    //  ann        1          @5  counted         @6 late, @11 in time
    const run = await harness(windowed(10, 5))
    run
      .timed([sale('ann', 1)])
      .watermark(12)
      .timed([sale('ann', 5)])
      .watermark(13)
    expect(run.rows()).toEqual([])
    run.watermark(14)
    expect(run.rows()).toMatchObject([{ sales: 2n }])
    run.timed([sale('ann', 6, 1n, 77), sale('ann', 11)])
    expect(run.rows('late')).toMatchObject([{ n: 77 }])
    expect(run.timestampsMs('late')).toEqual([6])
    expect(run.counter('num_late_records_dropped_total')).toBe(1)
    run.watermark(24)
    expect(run.rows()).toHaveLength(2)
  })

  it('is late for a key that never was in the window, too', async () => {
    const run = await harness(windowed(10))
    run.watermark(9).timed([sale('new', 9)])
    expect(run.rows('late')).toHaveLength(1)
  })

  it('closes several windows in the order of their ends', async () => {
    const run = await harness(windowed(10))
    run.timed([sale('ann', 25), sale('ann', 5), sale('ann', 15)]).watermark(29)
    expect(run.rows().map(({ start }) => start)).toEqual([0n, 10_000n, 20_000n])
  })

  it('writes many keys in batches of 1,024 rows at most', async () => {
    const run = await harness(windowed(10))
    run.timed(Array.from({ length: 2500 }, (_, index) => sale(`u${index}`, 1))).watermark(9)
    expect(run.batches().map(({ length }) => length)).toEqual([1024, 1024, 452])
    expect(new Set(run.rows().map(({ user }) => user)).size).toBe(2500)
  })

  it('closes all windows at a drain, and takes what comes for them afterwards as late', async () => {
    //  run 1   ann @5  @15   wm 7   drain → [0, 10) and [10, 20) written
    //  run 2   ann @16 late, @20 in time; the watermark is 7 still
    const run = await harness(windowed(10))
    run
      .timed([sale('ann', 5), sale('ann', 15)])
      .watermark(7)
      .end(true)
    expect(run.rows()).toHaveLength(2)
    const next = await run.restart()
    next.timed([sale('ann', 16), sale('bob', 5), sale('ann', 20)])
    expect(next.rows('late')).toHaveLength(2)
    next.watermark(29)
    expect(next.rows()).toEqual([{ user: 'ann', start: 20_000n, total: 1n, sales: 1n }])
  })

  it('goes on in open windows after a restore, and judges lateness as before it', async () => {
    const run = await harness(windowed(10))
    run.timed([sale('ann', 5, 3n), sale('ann', 15, 4n)]).watermark(9)
    const next = await run.restart()
    next.timed([sale('ann', 6), sale('ann', 16, 5n)])
    expect(next.rows('late')).toHaveLength(1)
    next.watermark(19)
    expect(next.rows()).toEqual([{ user: 'ann', start: 10_000n, total: 9n, sales: 2n }])
  })

  it.each([0, -1, 1.5, Number.NaN])('refuses a size of %s', (size) => {
    expect(() => tumbling(milliseconds(size))).toThrowError(expect.objectContaining({ code: 'WINDOW_SIZE' }))
  })

  it('refuses a negative lateness', () => {
    expect(() => window(tumbling(days(1)), { allowedLateness: hours(-1) })).toThrowError(
      expect.objectContaining({ code: 'WINDOW_LATENESS' }),
    )
  })
})

describe('keys of a window', () => {
  it('come back as the columns they were', async () => {
    const run = await harness((s: Stream<Sale>) =>
      s.pipe(
        keyBy('user', 'n'),
        filter((row) => row.n >= 0),
        window(tumbling(milliseconds(10))),
        aggregate({ sales: count() }),
      ),
    )
    run.timed([sale('a7;', 1, 1n, -0), sale('a7;', 1, 1n, 0), sale('', 2, 1n, 1.5)]).watermark(9)
    expect(run.rows().sort((a, b) => a.n - b.n)).toEqual([
      { user: 'a7;', n: 0, sales: 2n },
      { user: '', n: 1.5, sales: 1n },
    ])
  })

  it('of a function are the column key', async () => {
    const run = await harness((s: Stream<Sale>) =>
      s.pipe(
        keyBy((row) => row.user.length),
        window(tumbling(milliseconds(10))),
        aggregate({ sales: count() }),
      ),
    )
    run.timed([sale('ann', 1), sale('bob', 2)]).watermark(9)
    expect(run.rows()).toEqual([{ key: 3, sales: 2n }])
  })

  it('may not have the name of an aggregate, and there must be one', async () => {
    const build = (aggregates: object) => (s: Stream<Sale>) =>
      s.pipe(
        keyBy('user'),
        window(tumbling(milliseconds(10))),
        aggregate(aggregates as { user: ReturnType<typeof count> }),
      ).out
    await expect(harness(build({ user: count() }))).rejects.toMatchObject({ code: 'AGGREGATE_NAME' })
    await expect(harness(build({}))).rejects.toMatchObject({ code: 'AGGREGATE_NAME' })
  })
})

describe('an aggregate whose function fails', () => {
  it.each([
    ['throws', (row: Sale) => row.cents!.valueOf()],
    ['returns a text', (row: Sale) => row.user as never],
    ['returns a promise', (async () => 1) as never],
  ])('because it %s, is named with operator and record', async (_what, fn) => {
    const run = await harness((s: Stream<Sale>) =>
      s.pipe(keyBy('user'), window(tumbling(milliseconds(10))), aggregate({ total: sum<Sale, bigint>(fn) })),
    )
    expect(() => run.timed([sale('ann', 1, null, 42)])).toThrowError(
      expect.objectContaining({
        code: 'OPERATOR_FAILED',
        message: expect.stringMatching(/aggregate\(total\).*sum\(function\).*ann/),
        details: expect.objectContaining({ uid: 'aggregate(total)' }),
      }),
    )
  })
})

describe('window and aggregate against a naive oracle', () => {
  const SIZE = 50
  const LATENESS = 20
  const build = (s: Stream<Sale>) =>
    s.pipe(
      keyBy('user'),
      window(tumbling(milliseconds(SIZE)), { allowedLateness: milliseconds(LATENESS) }),
      aggregate({
        start: windowStart(),
        end: windowEnd(),
        day: windowDay(),
        total: sum('cents'),
        floats: sum('n'),
        sales: count(),
        priced: count('cents'),
        least: min('cents'),
        most: max('n'),
        mean: avg('n'),
        kinds: countDistinct('cents'),
      }),
    )
  const step = fc.oneof(
    {
      weight: 10,
      arbitrary: fc.record({
        user: fc.constantFrom('ann', 'bob', 'cy'),
        timestampMs: fc.integer({ min: -100, max: 400 }),
        cents: fc.option(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), { nil: null, freq: 4 }),
        n: fc.integer({ min: -1000, max: 1000 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ watermarkMs: fc.integer({ min: -100, max: 500 }) }) },
    { weight: 1, arbitrary: fc.constantFrom('restart' as const, 'drain' as const) },
  )

  it('agrees over any stream, watermarks, drains and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        let run = await harness(build)
        const open = new Map<string, { user: string; start: number; rows: Sale[] }>()
        const expected = { out: [] as object[], late: [] as Sale[] }
        const actual = { out: [] as object[], late: [] as Sale[] }
        let watermarkMs = Number.NEGATIVE_INFINITY
        let drainedMs = Number.NEGATIVE_INFINITY
        const close = (upToMs: number) => {
          for (const [id, { user, start, rows }] of open) {
            if (start + SIZE - 1 + LATENESS > upToMs) continue
            open.delete(id)
            expected.out.push(naive(user, start, rows))
            if (upToMs === Number.POSITIVE_INFINITY) drainedMs = Math.max(drainedMs, start + SIZE)
          }
        }
        const collect = () => {
          actual.out.push(...run.rows())
          actual.late.push(...run.rows('late'))
        }
        for (const each of steps) {
          if (each === 'restart' || each === 'drain') {
            if (each === 'drain') {
              run.end(true)
              close(Number.POSITIVE_INFINITY)
            }
            collect()
            run = await run.restart()
          } else if ('watermarkMs' in each) {
            watermarkMs = Math.max(watermarkMs, each.watermarkMs)
            run.watermark(watermarkMs)
            close(watermarkMs)
          } else {
            const { timestampMs, ...row } = each
            run.timed([[row, timestampMs]])
            const start = Math.floor(timestampMs / SIZE) * SIZE
            if (start + SIZE - 1 + LATENESS <= watermarkMs || start + SIZE <= drainedMs) expected.late.push(row)
            else {
              const id = `${row.user}/${start}`
              const pane = open.get(id) ?? { user: row.user, start, rows: [] }
              open.set(id, pane)
              pane.rows.push(row)
            }
          }
        }
        collect()
        expect(actual.late).toEqual(expected.late)
        expect(inOrder(actual.out)).toEqual(inOrder(expected.out))
      }),
      runs(30_000),
    )
  })

  function naive(user: string, start: number, rows: readonly Sale[]) {
    const cents = rows.map((row) => row.cents).filter((value) => value !== null)
    const numbers = rows.map((row) => row.n)
    const total = numbers.reduce((a, b) => a + b, 0)
    return {
      user,
      start: BigInt(start) * 1000n,
      end: BigInt(start + SIZE) * 1000n,
      day: Math.floor(start / 86_400_000),
      total: cents.length === 0 ? null : cents.reduce((a, b) => a + b, 0n),
      floats: total,
      sales: BigInt(rows.length),
      priced: BigInt(cents.length),
      least: cents.length === 0 ? null : cents.toSorted((a, b) => (a < b ? -1 : 1))[0],
      most: Math.max(...numbers),
      mean: total / rows.length,
      kinds: BigInt(new Set(cents).size),
    }
  }

  function inOrder(rows: readonly object[]): object[] {
    const key = (row: object) => JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
    return rows.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
  }
})
