/** Sliding, session, global and counted windows, and those of time zones, one by one: see oracle.test.ts for all at once. */
import { describe, expect, it } from 'vitest'
import {
  aggregate,
  count,
  countWindow,
  global,
  keyBy,
  onCount,
  onEventTime,
  purging,
  session,
  sliding,
  sum,
  tumbling,
  window,
  windowAll,
  windowDay,
  windowEnd,
  windowStart,
} from '../../../operators/index.ts'
import { days, hours, milliseconds, minutes } from '../../../topology/duration.ts'
import type { Stream } from '../../../topology/stream.ts'
import { harness } from '../../support/operator-harness.ts'

interface Click {
  user: string
  n: number
}
const click = (user: string, timestampMs: number, n = 1): [Click, number] => [{ user, n }, timestampMs]
const totals = { start: windowStart(), end: windowEnd(), n: sum<Click, 'n'>('n') }
const span = (startMs: number, endMs: number, n: number, user = 'ann') => ({
  user,
  start: BigInt(startMs) * 1000n,
  end: BigInt(endMs) * 1000n,
  n,
})

describe('a sliding window', () => {
  const windowed =
    (sizeMs: number, slideMs: number, latenessMs = 0) =>
    (s: Stream<Click>) =>
      s.pipe(
        keyBy('user'),
        window(sliding(milliseconds(sizeMs), milliseconds(slideMs)), { allowedLateness: milliseconds(latenessMs) }),
        aggregate(totals),
      )

  it('has part in what others have part in', async () => {
    //  ann        1     6      12
    //  windows [-5 ── 5)
    //             [0 ──── 10)
    //                  [5 ──── 15)
    //                       [10 ──── 20)
    const run = await harness(windowed(10, 5))
    run.timed([click('ann', 1, 1), click('ann', 6, 2), click('ann', 12, 4)]).watermark(9)
    expect(run.rows()).toEqual([span(-5, 5, 1), span(0, 10, 3)])
    run.watermark(100)
    expect(run.rows().slice(2)).toEqual([span(5, 15, 6), span(10, 20, 4)])
    expect(run.timestampsMs()).toEqual([4, 9, 14, 19])
  })

  it('keeps each record once, in its pane', async () => {
    const run = await harness(windowed(60, 10))
    run.timed([click('ann', 5), click('ann', 6), click('ann', 15), click('bob', 15)])
    const { keyed } = await run.snapshot()
    expect(keyed.reduce((entries, chunk) => entries + chunk.entries, 0)).toBe(3)
  })

  it('takes a record into those of its windows that are open, and as late when none is', async () => {
    //  wm 9: [-5, 5) and [0, 10) are closed, [5, 15) is not
    const run = await harness(windowed(10, 5))
    run.watermark(9).timed([click('ann', 6, 1), click('ann', 4, 2)])
    expect(run.rows('late')).toEqual([{ user: 'ann', n: 2 }])
    run.watermark(100)
    expect(run.rows()).toEqual([span(5, 15, 1)])
  })

  it('forgets a pane with the last window that has part in it', async () => {
    const run = await harness(windowed(10, 5))
    run.timed([click('ann', 1)]).watermark(8)
    expect((await run.snapshot()).keyed).toHaveLength(1)
    run.watermark(9)
    expect((await run.snapshot()).keyed).toHaveLength(0)
  })

  it.each([
    [0, 1],
    [10, 0],
    [10, 11],
    [10, 1.5],
  ])('refuses a size of %s and a slide of %s', (size, slide) => {
    expect(() => sliding(milliseconds(size), milliseconds(slide))).toThrowError(
      expect.objectContaining({ code: 'WINDOW_SIZE' }),
    )
  })

  it('can not purge what it shares', () => {
    expect(() => window(sliding(hours(2), hours(1)), { trigger: purging(onEventTime()) })).toThrowError(
      expect.objectContaining({ code: 'WINDOW_TRIGGER' }),
    )
  })
})

describe('a session', () => {
  const windowed =
    (gapMs: number, latenessMs = 0) =>
    (s: Stream<Click>) =>
      s.pipe(
        keyBy('user'),
        window(session(milliseconds(gapMs)), { allowedLateness: milliseconds(latenessMs) }),
        aggregate(totals),
      )

  it('ends a gap after its last record', async () => {
    const run = await harness(windowed(10))
    run.timed([click('ann', 0), click('ann', 7), click('ann', 30)]).watermark(15)
    expect(run.rows()).toEqual([])
    run.watermark(16)
    expect(run.rows()).toEqual([span(0, 17, 2)])
    expect(run.timestampsMs()).toEqual([16])
  })

  it('grows together with another by what comes between', async () => {
    //  0 ──── 10        19 ──── 29
    //         10 ──── 20            touches both
    const run = await harness(windowed(10))
    run.timed([click('ann', 19, 1), click('ann', 0, 2), click('ann', 10, 4)]).watermark(100)
    expect(run.rows()).toEqual([span(0, 29, 7)])
  })

  it('stays apart from one that is more than a gap away', async () => {
    const run = await harness(windowed(10))
    run.timed([click('ann', 0), click('ann', 11)]).watermark(100)
    expect(run.rows()).toEqual([span(0, 10, 1), span(11, 21, 1)])
  })

  it('takes a late record that prolongs an open one, and begins another where the old one is closed', async () => {
    //  wm 14   [0, 10) is closed; [8, 18) is open
    //  @2      own end 12: late       @8   would have prolonged [0, 10), is in time itself
    //  @4      own end 14: late for itself, but touches [8, 18): it is not
    const run = await harness(windowed(10))
    run.timed([click('ann', 0, 1)]).watermark(14)
    run.timed([click('ann', 2, 2), click('ann', 8, 4), click('ann', 4, 8)])
    expect(run.rows('late')).toEqual([{ user: 'ann', n: 2 }])
    run.watermark(100)
    expect(run.rows()).toEqual([span(0, 10, 1), span(4, 18, 12)])
  })

  it('waits for allowed lateness', async () => {
    const run = await harness(windowed(10, 5))
    run
      .timed([click('ann', 0)])
      .watermark(13)
      .timed([click('ann', 1)])
      .watermark(14)
    expect(run.rows()).toEqual([])
    run.watermark(15)
    expect(run.rows()).toEqual([span(0, 11, 2)])
  })

  it('is written in the order of ends, whatever key it has and how it grew', async () => {
    const run = await harness(windowed(10))
    run.timed([click('ann', 0), click('bob', 5), click('cy', 9), click('ann', 9), click('ann', 18)]).watermark(100)
    expect(run.rows().map(({ user }) => user)).toEqual(['bob', 'cy', 'ann'])
  })

  it('goes on after a restore, and is late after a drain', async () => {
    const run = await harness(windowed(10))
    run.timed([click('ann', 0)])
    const second = await run.restart()
    second.timed([click('ann', 5)]).end(true)
    expect(second.rows()).toEqual([span(0, 15, 2)])
    const third = await second.restart()
    third.timed([click('ann', 5), click('ann', 6)])
    expect(third.rows('late')).toHaveLength(1)
    third.watermark(100)
    expect(third.rows()).toEqual([span(6, 16, 1)])
  })

  it('refuses a gap of 0', () => {
    expect(() => session(milliseconds(0))).toThrowError(expect.objectContaining({ code: 'WINDOW_SIZE' }))
  })
})

describe('a global window', () => {
  it('fires at a drain, and goes on in the next run', async () => {
    const run = await harness((s: Stream<Click>) => s.pipe(keyBy('user'), window(global()), aggregate({ n: sum('n') })))
    run.timed([click('ann', 5, 1), click('ann', 3, 2)]).watermark(1000)
    expect(run.rows()).toEqual([])
    run.end(true)
    expect(run.rows()).toEqual([{ user: 'ann', n: 3 }])
    expect(run.timestampsMs()).toEqual([5])
    const next = await run.restart()
    next.timed([click('ann', 7, 4)]).end(true)
    expect(next.rows()).toEqual([{ user: 'ann', n: 7 }])
  })

  it('needs no event times', async () => {
    const run = await harness((s: Stream<Click>) =>
      s.pipe(keyBy('user'), window(global(), { trigger: purging(onCount(2)) }), aggregate({ n: sum('n') })),
    )
    run.batch([1, 2, 3, 4, 5].map((n) => ({ user: 'ann', n })))
    expect(run.rows().map(({ n }) => n)).toEqual([3, 7])
    expect(run.batches()[0]!.timestampsMs).toBeUndefined()
    run.end(true)
    expect(run.rows().map(({ n }) => n)).toEqual([3, 7, 5])
  })

  it('has no bounds to tell of, and no lateness', async () => {
    const build = (s: Stream<Click>) => s.pipe(keyBy('user'), window(global()), aggregate({ day: windowDay() })).out
    await expect(harness(build)).rejects.toMatchObject({ code: 'WINDOW_BOUNDS' })
    expect(() => window(global(), { allowedLateness: hours(1) } as object)).toThrowError(
      expect.objectContaining({ code: 'WINDOW_LATENESS' }),
    )
  })
})

describe('a window of a number of records', () => {
  const counted = (records: number, period?: number) => (s: Stream<Click>) =>
    s.pipe(keyBy('user'), window(countWindow(records, period)), aggregate({ n: sum('n'), of: count() }))

  it('fires with its last record, each key by itself', async () => {
    const run = await harness(counted(2))
    run.batch([1, 2, 3].flatMap((n) => [{ user: 'ann', n }, ...(n === 1 ? [{ user: 'bob', n }] : [])]))
    expect(run.rows()).toEqual([{ user: 'ann', n: 3, of: 2n }])
    run.end(true)
    expect(run.rows()).toHaveLength(1)
    const next = await run.restart()
    next.batch([{ user: 'ann', n: 4 }])
    expect(next.rows()).toEqual([{ user: 'ann', n: 7, of: 2n }])
  })

  it('slides', async () => {
    const run = await harness(counted(4, 2))
    run.timed([1, 2, 4, 8, 16, 32].map((n) => click('ann', 100 - n, n)))
    expect(run.rows().map(({ n }) => n)).toEqual([3, 15, 60])
    expect(run.timestampsMs()).toEqual([99, 99, 96])
  })

  it.each([
    [0, 1],
    [1, 0],
    [1.5, 1],
  ])('refuses %s records every %s', (records, period) => {
    expect(() => countWindow(records, period)).toThrowError(expect.objectContaining({ code: 'WINDOW_SIZE' }))
  })

  it('has no other trigger', () => {
    expect(() => window(countWindow(2), { trigger: onCount(3) } as object)).toThrowError(
      expect.objectContaining({ code: 'WINDOW_TRIGGER' }),
    )
  })
})

describe('windows of a stream without a key', () => {
  it('have the records of all', async () => {
    const run = await harness((s: Stream<Click>) =>
      s.pipe(windowAll(tumbling(milliseconds(10))), aggregate({ n: sum('n'), users: count() })),
    )
    run.timed([click('ann', 1), click('bob', 2), click('cy', 12)]).watermark(100)
    expect(run.rows()).toEqual([
      { n: 2, users: 2n },
      { n: 1, users: 1n },
    ])
  })
})

describe('days of a time zone', () => {
  const daily = (timeZone: string) => (s: Stream<Click>) =>
    s.pipe(
      keyBy('user'),
      window(tumbling(days(1), { timeZone })),
      aggregate({ day: windowDay(), start: windowStart(), end: windowEnd(), n: sum('n') }),
    )
  const hoursOf = ({ start, end }: { start: bigint; end: bigint }) => Number(end - start) / 3.6e9
  const dayOf = (text: string) => Date.parse(text) / days(1)

  it.each([
    ['Europe/Berlin', '2024-03-31', '2024-03-30T23:00Z', 23],
    ['Europe/Berlin', '2024-10-27', '2024-10-26T22:00Z', 25],
    ['Europe/Berlin', '2024-07-01', '2024-06-30T22:00Z', 24],
    ['America/St_Johns', '2024-03-10', '2024-03-10T03:30Z', 23],
    ['America/St_Johns', '2024-11-03', '2024-11-03T02:30Z', 25],
    ['Asia/Kolkata', '2024-03-31', '2024-03-30T18:30Z', 24],
    ['Australia/Lord_Howe', '2024-04-07', '2024-04-06T13:00Z', 24.5],
  ])('in %s on %s begin at %s and have %s hours', async (zone, day, start, length) => {
    const startMs = Date.parse(start)
    const endMs = startMs + hours(length)
    const run = await harness(daily(zone))
    run
      .timed([
        click('ann', startMs - 1, 1),
        click('ann', startMs, 2),
        click('ann', endMs - 1, 4),
        click('ann', endMs, 8),
      ])
      .watermark(endMs - 2)
    expect(run.rows().map(({ n }) => n)).toEqual([1])
    run.watermark(endMs - 1)
    const row = run.rows()[1]!
    expect(row).toMatchObject({ day: dayOf(day), start: BigInt(startMs) * 1000n, n: 6 })
    expect(hoursOf(row)).toBe(length)
    expect(run.timestampsMs()[1]).toBe(endMs - 1)
  })

  it('make weeks that slide by days', async () => {
    const run = await harness((s: Stream<Click>) =>
      s.pipe(
        keyBy('user'),
        window(sliding(days(7), days(1), { timeZone: 'Europe/Berlin' })),
        aggregate({ day: windowDay(), start: windowStart(), end: windowEnd(), n: count() }),
      ),
    )
    run.timed([click('ann', Date.parse('2024-03-30T12:00Z'))]).end(true)
    const lengths = run.rows().map((row) => hoursOf(row))
    expect(lengths).toEqual([168, 167, 167, 167, 167, 167, 167])
    expect(run.rows().map(({ day }) => day)).toEqual(
      Array.from({ length: 7 }, (_, index) => dayOf('2024-03-24') + index),
    )
  })

  it('have hours that begin with those of the zone, and two where clocks show one twice', async () => {
    const hourly = (timeZone: string) => (s: Stream<Click>) =>
      s.pipe(
        keyBy('user'),
        window(tumbling(hours(1), { timeZone })),
        aggregate({ start: windowStart(), end: windowEnd() }),
      )
    const kolkata = await harness(hourly('Asia/Kolkata'))
    kolkata.timed([click('ann', minutes(45))]).end(true)
    expect(kolkata.rows()[0]!.start).toBe(BigInt(minutes(30)) * 1000n)
    const berlin = await harness(hourly('Europe/Berlin'))
    const changeMs = Date.parse('2024-10-27T01:00Z')
    berlin.timed([click('ann', changeMs - 1), click('ann', changeMs)]).end(true)
    expect(berlin.rows().map(hoursOf)).toEqual([1, 1])
  })

  it('must be those of a zone that there is', () => {
    expect(() => tumbling(days(1), { timeZone: 'Europe/Atlantis' })).toThrowError(
      expect.objectContaining({ code: 'WINDOW_TIME_ZONE' }),
    )
  })
})
