/** When windows fire. */
import { describe, expect, it } from 'vitest'
import {
  aggregate,
  count,
  early,
  every,
  keyBy,
  onCount,
  onEventTime,
  purging,
  session,
  sliding,
  type Trigger,
  tumbling,
  type Windows,
  window,
  windowStart,
} from '../../../operators/index.ts'
import { milliseconds, seconds } from '../../../topology/duration.ts'
import type { Stream } from '../../../topology/stream.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { harness } from '../../support/operator-harness.ts'

interface Click {
  user: string
}
const click = (timestampMs: number, user = 'ann'): [Click, number] => [{ user }, timestampMs]

async function triggered(trigger: Trigger, latenessMs = 0, windows: Windows = tumbling(milliseconds(100))) {
  const clock = new ManualClock(3)
  const run = await harness(
    (s: Stream<Click>) =>
      s.pipe(
        keyBy('user'),
        window(windows as ReturnType<typeof tumbling>, { trigger, allowedLateness: milliseconds(latenessMs) }),
        aggregate({ start: windowStart(), n: count() }),
      ),
    { clock },
  )
  const counts = () => run.rows().map(({ n }) => Number(n))
  return { run, clock, counts }
}

describe('early(every(…)) in processing time', () => {
  const trigger = early(every(seconds(10)))

  it('fires what has changed at each multiple of the period, and at the end what has since', async () => {
    const { run, clock, counts } = await triggered(trigger)
    run.timed([click(1), click(2), click(1, 'bob')])
    clock.advance(9_996)
    expect(counts()).toEqual([])
    clock.advance(1)
    expect(counts()).toEqual([1, 2])
    run.timed([click(3)])
    clock.advance(10_000)
    expect(counts()).toEqual([1, 2, 3])
    expect(run.timestampsMs()).toEqual([99, 99, 99])
    clock.advance(50_000)
    run.watermark(99)
    expect(counts()).toEqual([1, 2, 3])
    run.timed([click(100)]).watermark(199)
    expect(counts()).toEqual([1, 2, 3, 1])
  })

  it('purges, where it is told to', async () => {
    const { run, clock, counts } = await triggered(purging(trigger))
    run.timed([click(1), click(2)])
    clock.advance(10_000)
    run.timed([click(3)])
    clock.advance(10_000)
    run.timed([click(4), click(5), click(6)]).watermark(99)
    expect(counts()).toEqual([2, 1, 3])
  })

  it.each([
    ['tumbling', tumbling(milliseconds(100))],
    ['sliding', sliding(milliseconds(100), milliseconds(50))],
    ['session', session(milliseconds(100))],
  ])('goes on after a restore in %s windows', async (_kind, windows) => {
    const { run, clock } = await triggered(trigger, 0, windows)
    run.timed([click(60)])
    const next = await run.restart()
    clock.advance(10_000)
    expect(next.rows().map(({ n }) => n)).toEqual(windows.kind === 'sliding' ? [1n, 1n] : [1n])
    clock.advance(10_000)
    expect(next.rows()).toHaveLength(windows.kind === 'sliding' ? 2 : 1)
  })
})

it('early(every(…)) in event time fires when the watermark passes a multiple of the period', async () => {
  const { run, counts } = await triggered(early(every(milliseconds(30), { time: 'event' })))
  run
    .watermark(0)
    .timed([click(1), click(2)])
    .watermark(28)
  expect(counts()).toEqual([])
  run.watermark(29)
  expect(counts()).toEqual([2])
  run
    .watermark(59)
    .timed([click(61)])
    .watermark(61)
    .timed([click(62)])
  expect(counts()).toEqual([2])
  run.watermark(99)
  expect(counts()).toEqual([2, 4])
})

describe('onCount', () => {
  it('fires with every so many records of a key, and at the end what has come since', async () => {
    const { run, counts } = await triggered(onCount(2))
    run.timed([click(1), click(2), click(3, 'bob'), click(4), click(5), click(6)])
    expect(counts()).toEqual([2, 4])
    run.watermark(99)
    expect(counts()).toEqual([2, 4, 1, 5])
  })

  it('counts on after a restore', async () => {
    const { run } = await triggered(onCount(2))
    run.timed([click(1)])
    const next = await run.restart()
    next.timed([click(2)])
    expect(next.rows().map(({ n }) => n)).toEqual([2n])
  })

  it.each([0, 1.5])('refuses %s', (records) => {
    expect(() => onCount(records)).toThrowError(expect.objectContaining({ code: 'WINDOW_TRIGGER' }))
  })
})

describe('onEventTime', () => {
  it('fires once when lateness has passed, unless it is told otherwise', async () => {
    const { run, counts } = await triggered(onEventTime(), 50)
    run
      .timed([click(1)])
      .watermark(99)
      .timed([click(2)])
      .watermark(148)
    expect(counts()).toEqual([])
    run.watermark(149)
    expect(counts()).toEqual([2])
  })

  it('fires at the end and again with every late record, where it is told to', async () => {
    const { run, counts } = await triggered(onEventTime({ lateFirings: true }), 50)
    run.timed([click(1)]).watermark(99)
    expect(counts()).toEqual([1])
    run.timed([click(2), click(3, 'bob')])
    expect(counts()).toEqual([1, 2, 1])
    const next = await run.restart()
    next.timed([click(4)]).watermark(149)
    expect(next.rows().map(({ n }) => n)).toEqual([3n])
    next.timed([click(5)])
    expect(next.rows('late')).toHaveLength(1)
    expect(next.timestampsMs()).toEqual([99])
  })

  it('fires a session again that a late record prolongs', async () => {
    const { run, counts } = await triggered(onEventTime({ lateFirings: true }), 100, session(milliseconds(10)))
    run.timed([click(0)]).watermark(12)
    expect(counts()).toEqual([1])
    run.timed([click(2)])
    expect(counts()).toEqual([1, 2])
    run.timed([click(9)])
    expect(counts()).toEqual([1, 2])
    run.watermark(18)
    expect(counts()).toEqual([1, 2, 3])
    expect(run.timestampsMs()).toEqual([9, 11, 18])
  })
})

it.each([0, -1, 0.5])('every(%s) is no period', (period) => {
  expect(() => every(milliseconds(period))).toThrowError(expect.objectContaining({ code: 'WINDOW_TRIGGER' }))
})
