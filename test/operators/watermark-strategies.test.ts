import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  aggregate,
  asyncMap,
  count,
  eventTime,
  keyBy,
  monotonous,
  processingTime,
  punctuated,
  recordTimestamp,
  tumbling,
  window,
  windowStart,
} from '../../operators/index.ts'
import { milliseconds, minutes, seconds } from '../../topology/duration.ts'
import type { Stream } from '../../topology/stream.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { OpenCalls } from '../support/open-calls.ts'
import { harness } from '../support/operator-harness.ts'
import { FRESH_SEED, runs } from '../support/scale.ts'

const ANNOUNCED = Number.NEGATIVE_INFINITY

interface Entry {
  readonly at: number
  readonly upTo?: number | undefined
}

const at = (...timesMs: number[]): Entry[] => timesMs.map((timeMs) => ({ at: timeMs }))

describe('monotonous', () => {
  it('has a watermark just behind the newest record', async () => {
    const run = await harness((s: Stream<Entry>) => s.pipe(eventTime((row) => row.at, monotonous())))
    run.batch(at(100, 120)).batch(at(130))
    expect(run.watermarks()).toEqual([119, 129])
  })
})

describe('punctuated', () => {
  const build = (s: Stream<Entry>) =>
    s.pipe(
      eventTime(
        (row) => row.at,
        punctuated((row: Entry) => row.upTo),
      ),
    )

  it('has the watermarks that records bring, and no others', async () => {
    const run = await harness(build)
    run.batch(at(100, 500)).batch([{ at: 90, upTo: 95 }, { at: 600 }])
    run.batch([{ at: 610, upTo: 80 }])
    expect(run.watermarks()).toEqual([95])
    expect(run.elements().map(({ kind }) => kind)).toEqual(['batch', 'batch', 'watermark', 'batch'])
  })

  it('waits for the slowest split, and knows them all after a restore', async () => {
    const run = await harness(build)
    run.watermark(ANNOUNCED, 0).watermark(ANNOUNCED, 1)
    run.batch([{ at: 1, upTo: 50 }], { split: 0 })
    expect(run.watermarks()).toEqual([])
    run.batch([{ at: 1, upTo: 20 }], { split: 1 })
    expect(run.watermarks()).toEqual([20])
    const next = await run.restart()
    next.watermark(ANNOUNCED, 0).watermark(ANNOUNCED, 1)
    next.batch([{ at: 1, upTo: 70 }], { split: 1 })
    expect(next.watermarks()).toEqual([20, 50])
  })

  it(`has the least of what its splits were told, as a naive oracle has it (seed ${FRESH_SEED})`, async () => {
    const record = fc.record({ at: fc.nat(100), upTo: fc.option(fc.nat(100), { nil: undefined }) })
    const batch = fc.record({ split: fc.nat(2), rows: fc.array(record, { minLength: 1, maxLength: 4 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(batch, fc.constant('restart' as const)), { maxLength: 15 }), async (steps) => {
        const announce = (run: Awaited<ReturnType<typeof open>>) => {
          for (const split of [0, 1, 2]) run.watermark(ANNOUNCED, split)
          return run
        }
        const open = () => harness(build)
        let run = announce(await open())
        const told = [ANNOUNCED, ANNOUNCED, ANNOUNCED]
        let leastMs = ANNOUNCED
        for (const step of steps) {
          if (step === 'restart') {
            run = announce(await run.restart())
          } else {
            run.batch(step.rows, { split: step.split })
            told[step.split] = Math.max(told[step.split]!, ...step.rows.map(({ upTo }) => upTo ?? ANNOUNCED))
            leastMs = Math.min(...told)
          }
          expect(run.watermarks().at(-1) ?? ANNOUNCED).toBe(leastMs)
        }
      }),
      runs(10_000),
    )
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, '5', null, Promise.resolve(1)])('refuses %s', async (upTo) => {
    const run = await harness(build)
    expect(() => run.batch([{ at: 1, upTo: upTo as number }])).toThrow(
      expect.objectContaining({
        code: 'OPERATOR_FAILED',
        details: expect.objectContaining({ uid: 'eventTime', function: 'the punctuation function' }),
      }),
    )
  })

  it('names a function that throws', async () => {
    const fn = () => {
      throw new RangeError('never')
    }
    const run = await harness((s: Stream<Entry>) => s.pipe(eventTime((row) => row.at, punctuated(fn))))
    expect(() => run.batch(at(1))).toThrow('eventTime: the punctuation function failed on { at: 1 }: never')
  })
})

describe('recordTimestamp', () => {
  const build = (s: Stream<Entry>) => s.pipe(eventTime(recordTimestamp, { outOfOrderness: milliseconds(10) }))

  it('takes the times that the source gave', async () => {
    const run = await harness(build)
    run.timed([
      [{ at: 1 }, 100],
      [{ at: 2 }, 130],
    ])
    expect(run.timestampsMs()).toEqual([100, 130])
    expect(run.watermarks()).toEqual([119])
  })

  it('says so when the source gave none', async () => {
    const run = await harness(build)
    expect(() => run.batch(at(1))).toThrow('eventTime(recordTimestamp): the source gives no event time but number NaN')
  })
})

describe('align', () => {
  const build = (s: Stream<Entry>) =>
    s.pipe(eventTime((row) => row.at, { outOfOrderness: milliseconds(5), align: { group: 'g', maxDrift: minutes(1) } }))

  it('reports how far each split has come, after a restore too', async () => {
    const run = await harness(build)
    run.watermark(ANNOUNCED, 0).watermark(ANNOUNCED, 1)
    run.batch(at(100), { split: 0 }).batch(at(50), { split: 1 }).batch(at(40), { split: 1 })
    expect(run.splitReports).toEqual([
      [0, 94],
      [1, 44],
      [1, 44],
    ])
    const next = await run.restart()
    next.watermark(ANNOUNCED, 0).watermark(ANNOUNCED, 1)
    expect(next.splitReports).toEqual([
      [0, 94],
      [1, 44],
    ])
  })

  it.each([
    { group: '', maxDrift: minutes(1) },
    { group: 'g', maxDrift: milliseconds(-1) },
    { group: 'g', maxDrift: milliseconds(Number.NaN) },
  ])('refuses %o', (align) => {
    expect(() => eventTime(() => 0, { outOfOrderness: seconds(0), align })).toThrow(
      expect.objectContaining({ code: 'ALIGNMENT' }),
    )
  })
})

describe('a record kept in state over a rescale, of a split that another subtask reads now', () => {
  it('gets its time and holds nobody back', async () => {
    const calls = new OpenCalls<number, Entry>()
    const build = (s: Stream<number>) =>
      s.pipe(
        asyncMap((n: number, call) => calls.fn(n, call)),
        eventTime((row) => row.at, monotonous()),
      )
    const before = await harness(build)
    before.watermark(ANNOUNCED, 0).watermark(ANNOUNCED, 1).batch([10], { split: 1 })
    const restored = await before.snapshot()
    const after = await harness(build, { parallelism: 2, restored })
    after.watermark(ANNOUNCED, 0).batch([100], { split: 0 })
    for (const call of calls.open.slice(1)) call.answer({ at: call.input })
    await new ManualClock().turn()
    expect(after.timestampsMs()).toEqual([10, 100])
    expect(after.watermarks()).toEqual([99])
  })
})

describe('processingTime', () => {
  const build = (s: Stream<string>) => s.pipe(processingTime({ every: milliseconds(100) }))

  it('gives records the time of the clock, and lets time pass without them', async () => {
    const clock = new ManualClock(1_000)
    const run = await harness(build, { clock })
    expect(run.watermarks()).toEqual([999])
    clock.advance(30)
    run.batch(['a', 'b'])
    expect(run.timestampsMs()).toEqual([1030, 1030])
    expect(run.watermarks()).toEqual([999, 1029])
    run.idle()
    clock.advance(170)
    expect(run.watermarks()).toEqual([999, 1029, 1099, 1199])
  })

  it('replaces what is said of event time before it, and passes the end of a drain on', async () => {
    const clock = new ManualClock(1_000)
    const run = await harness(build, { clock })
    run
      .timed([['a', 5]])
      .watermark(5)
      .end(true)
    expect(run.timestampsMs()).toEqual([1000])
    clock.advance(500)
    expect(run.watermarks()).toEqual([999, Number.POSITIVE_INFINITY])
  })

  it('never regresses: not when the clock does, and not over a restore or rescale', async () => {
    const clock = new ManualClock(1_000)
    const run = await harness(build, { clock })
    clock.advance(100)
    run.batch(['a'])
    clock.stall(-600)
    run.batch(['b'])
    expect(run.timestampsMs()).toEqual([1100, 1100])
    const restored = await run.snapshot()
    const next = await harness(build, { clock, parallelism: 2, restored })
    next.batch(['c'])
    expect(next.timestampsMs()).toEqual([1100])
    // Of both subtasks.
    expect(next.watermarks()).toEqual([1099, 1099])
    clock.advance(700)
    next.batch(['d'])
    expect(next.timestampsMs()).toEqual([1100, 1200])
  })

  it('lets windows close by the clock', async () => {
    //  clock   0 ── a,a ── 1000 ── a ── 2000
    //  windows [0 ─────── 1000)[1000 ── 2000)
    const clock = new ManualClock(0)
    const run = await harness(
      (s: Stream<{ id: string }>) =>
        s.pipe(
          processingTime(),
          keyBy('id'),
          window(tumbling(seconds(1))),
          aggregate({ start: windowStart(), items: count() }),
        ),
      { clock },
    )
    clock.advance(500)
    run.batch([{ id: 'a' }]).batch([{ id: 'a' }])
    clock.advance(499)
    expect(run.rows()).toEqual([])
    clock.advance(1)
    expect(run.rows()).toEqual([{ id: 'a', start: 0n, items: 2n }])
    run.batch([{ id: 'a' }])
    const next = await run.restart()
    clock.advance(1000)
    expect(next.rows()).toEqual([{ id: 'a', start: 1_000_000n, items: 1n }])
    expect([run.rows('late'), next.rows('late')]).toEqual([[], []])
  })

  it(`gives no record a time that a watermark has passed, whatever the clock does (seed ${FRESH_SEED})`, async () => {
    const step = fc.oneof(
      fc.record({ batch: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ advance: fc.integer({ min: 0, max: 500 }) }),
      fc.record({ setBack: fc.integer({ min: 1, max: 500 }) }),
      fc.record({ restart: fc.constant(true) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const clock = new ManualClock(10_000)
        let run = await harness(build, { clock })
        let watermarkMs = Number.NEGATIVE_INFINITY
        const check = () => {
          for (const element of run.elements()) {
            if (element.kind === 'batch')
              for (const timeMs of element.timestampsMs!) expect(timeMs).toBeGreaterThan(watermarkMs)
            if (element.kind !== 'watermark') continue
            expect(element.timestampMs).toBeGreaterThanOrEqual(watermarkMs)
            watermarkMs = element.timestampMs
          }
        }
        for (const each of steps) {
          if ('batch' in each) run.batch(new Array(each.batch).fill('x'))
          else if ('advance' in each) clock.advance(each.advance)
          else if ('setBack' in each) clock.stall(-each.setBack)
          else {
            check()
            run = await run.restart()
          }
        }
        check()
      }),
      runs(10_000),
    )
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses to follow the clock every %s ms', (everyMs) => {
    expect(() => processingTime({ every: milliseconds(everyMs) })).toThrow(
      expect.objectContaining({ code: 'PROCESSING_TIME' }),
    )
  })
})
