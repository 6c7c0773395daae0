import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { coProcess, keyBy, process, type Timer } from '../../operators/index.ts'
import { KeyTimers } from '../../operators/process/key-timers.ts'
import type { ProcessContext } from '../../operators/process/process-context.ts'
import { createStageState } from '../../runtime/state/store.ts'
import { int } from '../../topology/schema/index.ts'
import { valueState } from '../../topology/state/value-state.ts'
import type { KeyedStream, Stream } from '../../topology/stream.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { harness, harness2 } from '../support/operator-harness.ts'
import { FRESH_SEED, runs } from '../support/scale.ts'

interface Order {
  readonly user: string
  readonly n: number
}

const Fired = z.object({ user: z.string(), at: int(), seen: int() })
const seen = valueState('seen', { schema: int(), default: 0 })
type Context = ProcessContext<string, { seen: typeof seen }, z.infer<typeof Fired>>

/** Emits what fires, with the key's count. */
const timed =
  (
    onRecord: (order: Order, context: Context) => void,
    onTimer: (timer: Timer, context: Context) => void = ({ timeMs }, { key, state, emit }) =>
      emit({ user: key, at: timeMs, seen: state.seen.get() }),
  ) =>
  (s: Stream<Order>) =>
    s.pipe(keyBy('user'), process({ name: 'timed', state: { seen }, output: Fired, onRecord, onTimer }))

/** A timer at n. */
const atN = timed(({ n }, { state, timers }) => {
  state.seen.update((count) => count + 1)
  timers.eventTime(n)
})

const order = (user: string, n: number): Order => ({ user, n })

describe('event-time timers', () => {
  it('fire in the order of time, once each, before the watermark that makes them due', async () => {
    const run = await harness(atN)
    run.batch([order('ann', 30), order('bob', 10), order('ann', 20), order('ann', 20)])
    run.watermark(9).watermark(20).watermark(25).watermark(40)
    expect(run.elements().map((element) => (element.kind === 'batch' ? element.values : element))).toEqual([
      { kind: 'watermark', timestampMs: 9 },
      [
        { user: 'bob', at: 10, seen: 1 },
        { user: 'ann', at: 20, seen: 3 },
      ],
      { kind: 'watermark', timestampMs: 20 },
      { kind: 'watermark', timestampMs: 25 },
      [{ user: 'ann', at: 30, seen: 3 }],
      { kind: 'watermark', timestampMs: 40 },
    ])
    expect(run.timestampsMs()).toEqual([10, 20, 30])
  })

  it('outlive a restart, also what was deleted', async () => {
    const run = await harness(timed(({ n }, { timers }) => (n < 0 ? timers.deleteEventTime(-n) : timers.eventTime(n))))
    run.batch([order('ann', 10), order('ann', 20), order('ann', -10), order('bob', 15), order('bob', -99)])
    const next = await run.restart()
    next.watermark(100)
    expect(next.rows()).toEqual([
      { user: 'bob', at: 15, seen: 0 },
      { user: 'ann', at: 20, seen: 0 },
    ])
    next.watermark(200)
    expect(next.rows()).toHaveLength(2)
  })

  it('fire right behind the record when the watermark has passed them', async () => {
    const run = await harness(atN)
    run.watermark(50).batch([order('ann', 50), order('ann', 51)])
    expect(run.rows()).toEqual([{ user: 'ann', at: 50, seen: 1 }])
  })

  it('may set others, which fire in the same sweep when they are due', async () => {
    const run = await harness(
      timed(
        ({ n }, { timers }) => timers.eventTime(n),
        ({ timeMs }, { key, timers, emit }) => {
          emit({ user: key, at: timeMs, seen: 0 })
          timers.eventTime(timeMs + 10)
        },
      ),
    )
    run.batch([order('ann', 10)]).watermark(35)
    expect(run.rows().map(({ at }) => at)).toEqual([10, 20, 30])
    // A drain would never end if they fired too.
    run.end(true)
    expect(run.rows().map(({ at }) => at)).toEqual([10, 20, 30, 40])
    const next = await run.restart()
    next.watermark(50)
    expect(next.rows().map(({ at }) => at)).toEqual([50])
  })

  it('refuse what would fire for ever', async () => {
    const run = await harness(
      timed(
        ({ n }, { timers }) => timers.eventTime(n),
        ({ timeMs }, { timers }) => timers.eventTime(timeMs),
      ),
    )
    run.batch([order('ann', 10)])
    expect(() => run.watermark(10)).toThrow(/timed: onTimer failed on .*: a timer for 10, set while that for 10 fires/)
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1.5, undefined, 7n])('refuse %s as a time', async (timeMs) => {
    const run = await harness(timed((_, { timers }) => timers.eventTime(timeMs as number)))
    expect(() => run.batch([order('ann', 1)])).toThrow(
      expect.objectContaining({
        code: 'OPERATOR_FAILED',
        message: expect.stringContaining('timed: onRecord failed on'),
        details: expect.objectContaining({ uid: 'timed', function: 'onRecord' }),
      }),
    )
  })
})

it('a deadline that is always put off does not fill the memory', async () => {
  const state = await createStageState({ keyGroups: 16, clock: new ManualClock() })
  const timers = new KeyTimers(state.of('x'), 'timers')
  for (let n = 1; n <= 10_000; n++) {
    timers.set(0, 'ann', n)
    timers.delete(0, 'ann', n)
  }
  timers.set(0, 'bob', 20_000)
  // What is still there of those that were deleted is among the last of them.
  expect(timers.nextMs).toBeGreaterThan(8_000)
  const fired: number[] = []
  timers.fire(20_000, ({ atMs }) => fired.push(atMs))
  expect([fired, timers.nextMs, timers.size]).toEqual([[20_000], Number.POSITIVE_INFINITY, 0])
})

describe('processing-time timers', () => {
  const after = timed(({ n }, { timers, processingTimeMs }) => timers.processingTime(processingTimeMs + n))

  it('fire by the clock, with an event time behind the watermark', async () => {
    const clock = new ManualClock(1000)
    const run = await harness(after, { clock })
    run.timed([
      [order('ann', 20), 5],
      [order('bob', 10), 5],
    ])
    run.watermark(7)
    clock.advance(9)
    expect(run.rows()).toEqual([])
    clock.advance(20)
    expect(run.rows()).toEqual([
      { user: 'bob', at: 1010, seen: 0 },
      { user: 'ann', at: 1020, seen: 0 },
    ])
    expect(run.timestampsMs()).toEqual([8, 8])
  })

  it('fire late when nobody ran at their time', async () => {
    const clock = new ManualClock(1000)
    const run = await harness(after, { clock })
    run.batch([order('ann', 20)])
    const next = await run.restart()
    clock.advance(500)
    expect(next.rows()).toEqual([{ user: 'ann', at: 1020, seen: 0 }])
    expect(run.rows()).toEqual([])
  })
})

it('without onTimer, or outside of a call, timers are refused', async () => {
  let kept: Context | undefined
  const run = await harness((s: Stream<Order>) =>
    s.pipe(
      keyBy('user'),
      process({
        name: 'none',
        onRecord({ n }, context) {
          kept = context as unknown as Context
          if (n > 0) context.timers.eventTime(n)
        },
      }),
    ),
  )
  run.batch([order('ann', 0)])
  expect(() => kept!.timers.eventTime(1)).toThrow(expect.objectContaining({ code: 'STATE_OUTSIDE_CALL' }))
  expect(() => run.batch([order('ann', 1)])).toThrow(/a timer needs an onTimer/)
})

describe('side outputs', () => {
  const sided = (s: Stream<Order>) =>
    s.pipe(
      keyBy('user'),
      process({
        name: 'sided',
        sides: { large: z.object({ user: z.string() }), odd: z.object({ n: int() }) },
        onRecord(record, { key, emit, emitTo }) {
          if (record.n > 10) emitTo('large', { user: key })
          if (record.n % 2 === 1) emitTo('odd', { n: record.n })
          if (record.n === 13) emit(undefined as never)
          if (record.n === 14) emitTo('nope' as never, {} as never)
          emit(record)
        },
      }),
    )

  it('get what is sent to them, with the event time of the record', async () => {
    const run = await harness(sided)
    run.timed([
      [order('ann', 1), 100],
      [order('ann', 12), 200],
      [order('bob', 11), 300],
    ])
    expect(run.rows('large')).toEqual([{ user: 'ann' }, { user: 'bob' }])
    expect(run.timestampsMs('large')).toEqual([200, 300])
    expect(run.rows('odd')).toEqual([{ n: 1 }, { n: 11 }])
    expect(run.rows()).toHaveLength(3)
    run.watermark(5)
    for (const port of ['out', 'large', 'odd'] as const) expect(run.watermarks(port)).toEqual([5])
  })

  it.each([
    [13, 'a row is emitted, not undefined'],
    [14, 'there is no side output "nope"'],
  ])('refuse what is no row, or not theirs: %i', async (n, message) => {
    const run = await harness(sided)
    expect(() => run.batch([order('ann', n)])).toThrow(message)
  })

  it('can not be called out', () => {
    expect(() => process({ name: 'x', sides: { out: z.object({}) }, onRecord: () => undefined })).toThrow(
      expect.objectContaining({ code: 'SIDE_OUTPUT_COLLISION' }),
    )
  })
})

describe('coProcess', () => {
  const both = (left: Stream<Order>, right: Stream<{ readonly id: string; readonly limit: number }>) =>
    left.pipe(
      keyBy('user'),
      coProcess(right.pipe(keyBy('id')), {
        name: 'both',
        state: { limit: valueState('limit', { schema: int(), default: 5 }) },
        output: z.object({ user: z.string(), n: int() }),
        onLeft({ n }, { key, state, emit }) {
          if (n > state.limit.get()) emit({ user: key, n })
        },
        onRight({ limit }, { state, timers }) {
          if (limit < 0) throw new RangeError('below 0')
          state.limit.set(limit)
          timers.eventTime(100)
        },
        onTimer: ({ timeMs }, { key, emit }) => emit({ user: key, n: timeMs }),
      }),
    )

  it('shares state and timers between both streams, also over a restart', async () => {
    const run = await harness2(both)
    run.left.batch([order('ann', 6)])
    run.right.batch([{ id: 'ann', limit: 10 }])
    run.left.batch([order('ann', 6), order('ann', 11), order('bob', 6)])
    expect(run.rows()).toEqual([
      { user: 'ann', n: 6 },
      { user: 'ann', n: 11 },
      { user: 'bob', n: 6 },
    ])
    run.left.watermark(200)
    expect(run.rows()).toHaveLength(3)
    run.right.watermark(150)
    expect(run.rows().at(-1)).toEqual({ user: 'ann', n: 100 })
  })

  it('names the function that failed', async () => {
    const run = await harness2(both)
    expect(() => run.right.batch([{ id: 'ann', limit: -1 }])).toThrow(/both: onRight failed on .*: below 0/)
  })

  it('refuses sides that are keyed by another number of fields', async () => {
    const build = (left: Stream<Order>, right: Stream<Order>) =>
      left.pipe(
        keyBy('user'),
        coProcess(right.pipe(keyBy('user', 'n')) as unknown as KeyedStream<{ user: string }, Order>, {
          name: 'both',
          output: Fired,
          onLeft: () => undefined,
          onRight: () => undefined,
        }),
      )
    await expect(harness2(build)).rejects.toThrow(expect.objectContaining({ code: 'JOIN_KEY' }))
  })
})

/** What is done to timers: set or delete one of a key, or let time pass. */
type Step = { readonly user: string; readonly n: number } | { readonly watermark: number } | 'rescale'

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ user: fc.constantFrom('a', 'b', 'c'), n: fc.integer({ min: -60, max: 60 }) }) },
    { weight: 2, arbitrary: fc.record({ watermark: fc.integer({ min: 0, max: 60 }) }) },
    { weight: 1, arbitrary: fc.constant('rescale' as const) },
  ),
  { maxLength: 25 },
)

it(`fire as a naive oracle says, whatever is set, deleted and rescaled (seed ${FRESH_SEED})`, async () => {
  const build = timed(({ n }, { timers }) => (n < 0 ? timers.deleteEventTime(-n) : timers.eventTime(n)))
  await fc.assert(
    fc.asyncProperty(steps, async (todo) => {
      let run = await harness(build)
      const actual: unknown[] = []
      const expected: string[] = []
      const set = new Set<string>()
      let watermarkMs = Number.NEGATIVE_INFINITY
      let parallelism = 1
      const fire = () => {
        for (const timer of [...set]) {
          if (Number(timer.split('@')[1]) > watermarkMs) continue
          set.delete(timer)
          expected.push(timer)
        }
      }
      for (const step of todo) {
        if (step === 'rescale') {
          actual.push(...run.rows())
          parallelism = (parallelism % 3) + 1
          run = await harness(build, { parallelism, restored: await run.snapshot() })
        } else if ('watermark' in step) {
          watermarkMs = Math.max(watermarkMs, step.watermark)
          run.watermark(watermarkMs)
          fire()
        } else {
          run.timed([[step, 0]])
          if (step.n < 0) set.delete(`${step.user}@${-step.n}`)
          else set.add(`${step.user}@${step.n}`)
          fire()
        }
      }
      actual.push(...run.rows())
      const fired = (actual as z.infer<typeof Fired>[]).map(({ user, at }) => `${user}@${at}`)
      expect(fired.sort()).toEqual(expected.sort())
    }),
    runs(10_000, 50),
  )
})
