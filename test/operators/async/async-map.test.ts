import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AsyncMapOptions, asyncMap, eventTime, keyBy, retry, withPolicies } from '../../../operators/index.ts'
import { atOrigin } from '../../../runtime/worker/record-origin.ts'
import { milliseconds, seconds } from '../../../topology/duration.ts'
import { Batch } from '../../../topology/element.ts'
import type { Stream } from '../../../topology/stream.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { OpenCalls } from '../../support/open-calls.ts'
import { type HarnessOptions, harness } from '../../support/operator-harness.ts'
import { FRESH_SEED, runs } from '../../support/scale.ts'

const POSITIVE_INFINITY = Number.POSITIVE_INFINITY

/** Lets what has been answered arrive. */
const arrival = () => new ManualClock().turn()

async function opened<const O extends AsyncMapOptions>(options: O, place: HarnessOptions = {}) {
  const calls = new OpenCalls<number, string>()
  const run = await harness((s: Stream<number>) => s.pipe(asyncMap(calls.fn, { name: 'ask', ...options })), place)
  const answer = async (...inputs: number[]) => {
    for (const input of inputs) {
      calls.of(input).answer(`r${input}`)
      await arrival()
    }
  }
  return { calls, run, answer }
}

describe('asyncMap', () => {
  it('gives results in the order of the records, whoever answers first', async () => {
    const { run, answer } = await opened({})
    run.timed([
      [1, 10],
      [2, 20],
      [3, 30],
    ])
    await answer(3, 2)
    expect(run.rows()).toEqual([])
    await answer(1)
    expect(run.rows()).toEqual(['r1', 'r2', 'r3'])
    expect(run.timestampsMs()).toEqual([10, 20, 30])
  })

  it('keeps watermarks and idleness behind the records before them', async () => {
    //  in    1  2  ⏐wm 25⏐  3  ⏐idle⏐
    //  asked 3 answers first, then 1, then 2
    const { run, answer } = await opened({})
    run.timed([
      [1, 10],
      [2, 20],
    ])
    run
      .watermark(25)
      .timed([[3, 30]])
      .idle()
    await answer(3, 1)
    expect(run.rows()).toEqual(['r1'])
    expect(run.watermarks()).toEqual([])
    await answer(2)
    expect(run.elements().map(({ kind }) => kind)).toEqual(['batch', 'batch', 'watermark', 'batch', 'idle'])
    run.watermark(40)
    expect(run.watermarks()).toEqual([25, 40])
  })

  it('unordered: gives results as they come, but none across a watermark', async () => {
    const { run, answer } = await opened({ ordered: false })
    run.batch([1, 2]).watermark(25).batch([3, 4])
    await answer(3, 2)
    expect(run.rows()).toEqual(['r2'])
    await answer(1, 4)
    expect(run.rows()).toEqual(['r2', 'r1', 'r3', 'r4'])
    const kinds = run.elements().map((element) => (element.kind === 'batch' ? element.values.join() : element.kind))
    expect(kinds).toEqual(['r2', 'r1', 'watermark', 'r3', 'r4'])
  })

  it('asks no more than its capacity at a time, those counted that wait for their turn', async () => {
    const { run, calls, answer } = await opened({ capacity: 2 })
    run.batch([1, 2, 3, 4])
    let isFull = true
    const settled = run.settled().then(() => {
      isFull = false
    })
    expect(calls.inputs).toEqual([1, 2])
    expect(run.gauges.get('async_requests_in_flight')).toBe(2)
    await answer(2)
    expect(calls.inputs).toEqual([1, 2])
    await answer(1)
    expect(calls.inputs).toEqual([1, 2, 3, 4])
    await settled
    expect(isFull).toBe(false)
    await answer(3, 4)
    expect(run.gauges.get('async_requests_in_flight')).toBe(0)
  })

  it('lets the end wait for the last results', async () => {
    const { run, answer } = await opened({})
    run.batch([1]).end(true)
    expect(run.elements()).toEqual([])
    await answer(1)
    await run.settled()
    expect(run.elements().map(({ kind }) => kind)).toEqual(['batch', 'watermark', 'end'])
    expect(run.watermarks()).toEqual([POSITIVE_INFINITY])
  })

  const failed = (message: string, value: string) => ({
    code: 'OPERATOR_FAILED',
    message: expect.stringContaining(message),
    details: { uid: 'ask', function: 'function fn', value },
  })

  it('fails the job when a call fails, naming operator, function and record', async () => {
    const { run, calls } = await opened({})
    run.batch([1, 7])
    calls.of(7).fail(new RangeError('no 7 here'))
    await arrival()
    await expect(run.settled()).rejects.toMatchObject(failed('ask: function fn failed on 7: no 7 here', '7'))
  })

  it('says of which record of the source a failed call was, whichever is at hand by then', async () => {
    const { run, calls } = await opened({})
    run.batch([1], { origin: 'split-0@41' }).batch([2], { origin: 'split-0@42' })
    calls.of(1).fail(new Error('not there'))
    await arrival()
    const failure = await run.settled().catch((error: unknown) => error)
    const atHand = new Batch([2], { origin: 'split-0@42' })
    expect(atOrigin(failure, atHand)).toMatchObject({
      message: 'ask: function fn failed on 1: not there (record split-0 at 41)',
      details: { split: 'split-0', position: '41' },
    })
  })

  it.each([
    ['throws', () => JSON.parse('{'), 'failed on 1: Expected property name'],
    ['returns no promise', () => 5 as never, 'failed on 1: it must return a promise, not number 5'],
    ['returns undefined', () => undefined as never, 'failed on 1: it must return a promise, not undefined'],
    ['gives undefined', async () => undefined, 'failed on 1: its promise must give a record, not undefined'],
    ['gives null', async () => null, 'failed on 1: its promise must give a record, not null'],
  ])('refuses a function that %s', async (_what, fn, message) => {
    const run = await harness((s: Stream<number>) => s.pipe(asyncMap(fn, { name: 'ask', onError: 'fail' })))
    const tried = (async () => {
      run.batch([1])
      await arrival()
      await run.settled()
    })()
    await expect(tried).rejects.toMatchObject({
      code: 'OPERATOR_FAILED',
      message: expect.stringContaining(message),
      details: { uid: 'ask', value: '1' },
    })
  })

  it('gives up a call that takes too long, and tells it so', async () => {
    const { run, calls } = await opened({ timeout: seconds(5) })
    run.batch([1])
    const { signal } = calls.of(1)
    run.clock.advance(4999)
    expect(signal.aborted).toBe(false)
    run.clock.advance(1)
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' })
    await expect(run.settled()).rejects.toMatchObject(
      failed('ask: function fn failed on 1: there was no answer within 5000 ms', '1'),
    )
  })

  it('diverts what failed or was not answered, in its order, and heeds no answer that comes after', async () => {
    const { run, calls, answer } = await opened({ onError: 'divert', timeout: seconds(5) })
    run.timed([
      [1, 10],
      [2, 20],
      [3, 30],
    ])
    const late = calls.of(1)
    calls.of(2).fail(new Error('not there'))
    await answer(3)
    expect(run.rows()).toEqual([])
    run.clock.advance(5000)
    late.answer('late')
    await arrival()
    expect(run.rows()).toEqual(['r3'])
    expect(run.rows('failed')).toEqual([
      { record: 1, reason: 'timeout', error: 'there was no answer within 5000 ms' },
      { record: 2, reason: 'error', error: 'not there' },
    ])
    expect(run.timestampsMs('failed')).toEqual([10, 20])
    expect(run.counter('async_failures_total{reason="error"}')).toBe(1)
    expect(run.counter('async_failures_total{reason="timeout"}')).toBe(1)
  })

  it('may divert timeouts alone', async () => {
    const { run, calls } = await opened({ onTimeout: 'divert', timeout: seconds(5) })
    run.batch([1]).clock.advance(5000)
    expect(run.rows('failed')).toHaveLength(1)
    run.batch([2])
    calls.of(2).fail(new Error('not there'))
    await arrival()
    await expect(run.settled()).rejects.toMatchObject({ code: 'OPERATOR_FAILED' })
  })

  it('asks again after a restore, and tells those who were asked that nobody waits any more', async () => {
    const { run, calls, answer } = await opened({ capacity: 4 })
    run.timed([
      [1, 10],
      [2, 20],
      [3, 30],
    ])
    await answer(2)
    const { signal } = calls.of(1)
    signal.throwIfAborted()
    const restored = await run.snapshot()
    await run.restart()
    expect(signal.reason).toMatchObject({ name: 'AbortError' })
    expect(run.rows()).toEqual([])
    const next = await opened({ capacity: 2 }, { restored })
    // 1 and 2 at once, and 3 when there is room.
    expect(next.calls.inputs).toEqual([1, 2])
    await next.answer(1, 2, 3)
    expect(next.run.rows()).toEqual(['r1', 'r2', 'r3'])
    expect(next.run.timestampsMs()).toEqual([10, 20, 30])
  })

  it('repeats the watermark that waited, behind the records before it', async () => {
    const { run, answer } = await opened({})
    run.timed([[1, 10]]).watermark(15)
    const next = await run.restart()
    await arrival()
    expect(next.elements()).toEqual([])
    await answer(1).catch(() => undefined)
    await answer(1)
    expect(next.elements().map(({ kind }) => kind)).toEqual(['batch', 'watermark'])
    expect(next.watermarks()).toEqual([15])
  })

  it('keeps every kind of value that a record may hold', async () => {
    const record = {
      id: 2n ** 70n,
      at: new Date(5),
      bytes: new Uint8Array([1, 2]),
      list: [undefined, null, Number.NaN, -0, POSITIVE_INFINITY],
      map: new Map([[{ a: 1 }, new Set(['x'])]]),
      text: '\ud800',
      ['__proto__']: 1,
    }
    const seen: unknown[] = []
    const fn = (value: typeof record) => {
      seen.push(value)
      return new Promise<number>(() => undefined)
    }
    const run = await harness((s: Stream<typeof record>) => s.pipe(asyncMap(fn)))
    run.batch([record])
    await run.restart()
    expect(seen).toHaveLength(2)
    expect(seen[1]).toStrictEqual(record)
  })

  it('says so when a record can not be kept', async () => {
    const { run } = await opened({})
    run.batch([(() => 1) as never])
    await expect(run.snapshot()).rejects.toMatchObject({
      code: 'OPERATOR_FAILED',
      message: expect.stringContaining("ask: the checkpoint can't hold the record"),
    })
  })

  it('after a rescale, asks each record in one subtask, keyed ones where their key is', async () => {
    const rows = Array.from({ length: 20 }, (_, n) => ({ n }))
    for (const isKeyed of [false, true]) {
      const asked: number[] = []
      const fn = ({ n }: { n: number }) => {
        asked.push(n)
        return new Promise<number>(() => undefined)
      }
      const build = (s: Stream<{ n: number }>) => (isKeyed ? s.pipe(keyBy('n'), asyncMap(fn)) : s.pipe(asyncMap(fn)))
      const one = await harness(build)
      one.batch(rows)
      let restored = await one.snapshot()
      expect(asked.splice(0)).toHaveLength(20)
      for (const parallelism of [3, 2, 1]) {
        const run = await harness(build, { parallelism, restored })
        expect(asked.splice(0).sort((a, b) => a - b)).toEqual(rows.map(({ n }) => n))
        restored = await run.snapshot()
      }
    }
  })

  it('keeps the split of its records for an eventTime behind it', async () => {
    const run = await harness((s: Stream<number>) =>
      s.pipe(
        asyncMap(async (n: number) => ({ at: n })),
        eventTime((row) => row.at, { outOfOrderness: milliseconds(0) }),
      ),
    )
    run.watermark(Number.NEGATIVE_INFINITY, 0).watermark(Number.NEGATIVE_INFINITY, 1)
    run.batch([100, 101], { split: 0 }).batch([50], { split: 1 })
    await arrival()
    expect(run.batches().flatMap(({ split, values }) => values.map(({ at }) => [split, at]))).toEqual([
      [0, 100],
      [0, 101],
      [1, 50],
    ])
    expect(run.watermarks()).toEqual([49])
  })

  it('gives policies the time of the job', async () => {
    const calls = new OpenCalls<number, string>()
    const tried = withPolicies(calls.fn, retry({ attempts: 2, backoff: seconds(10), jitter: 0 }))
    const run = await harness((s: Stream<number>) => s.pipe(asyncMap(tried)))
    run.batch([1])
    calls.of(1).fail(new Error('not yet'))
    await arrival()
    expect(calls.open).toEqual([])
    run.clock.advance(10_000)
    await arrival()
    calls.of(1).answer('r1')
    await arrival()
    expect(run.rows()).toEqual(['r1'])
  })

  it.each([
    { capacity: 0 },
    { capacity: 1.5 },
    { capacity: Number.NaN },
    { timeout: milliseconds(0) },
    { timeout: milliseconds(Number.NaN) },
  ])('refuses %o', (options) => {
    const build = () => asyncMap(async (row: unknown) => row, options)
    expect(build).toThrow(expect.objectContaining({ code: 'ASYNC_OPTION' }))
  })

  it(`asks at least once and answers exactly once, whatever comes between (seed ${FRESH_SEED})`, async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ rows: fc.integer({ min: 1, max: 5 }) }) },
      { weight: 2, arbitrary: fc.record({ watermark: fc.constant(true) }) },
      { weight: 5, arbitrary: fc.record({ answers: fc.array(fc.nat(), { maxLength: 4 }) }) },
      { weight: 1, arbitrary: fc.record({ restart: fc.constant(true) }) },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          ordered: fc.boolean(),
          capacity: fc.integer({ min: 1, max: 4 }),
          steps: fc.array(step, { maxLength: 20 }),
        }),
        async ({ ordered, capacity, steps }) => {
          let calls = new OpenCalls<number, number>()
          let run = await harness((s: Stream<number>) =>
            s.pipe(asyncMap((n: number, call) => calls.fn(n, call), { name: 'ask', ordered, capacity })),
          )
          /** What has come out of all runs up to their checkpoints: rows, and watermarks in parentheses. */
          const out: string[] = []
          const taken = () =>
            run
              .elements()
              .flatMap((each) =>
                each.kind === 'batch'
                  ? each.values.map(String)
                  : [`(${(each as { timestampMs: number }).timestampMs})`],
              )
          const answerOne = async (which: number) => {
            const call = calls.open[which % calls.open.length]
            call?.answer(call.input)
            await arrival()
          }
          /** As the host does, which sends nothing while the operator is full. */
          const room = async () => {
            let full = true
            void run.settled().then(() => {
              full = false
            })
            await arrival()
            for (let which = 0; full; which += 7) await answerOne(which)
          }
          let sent = 0
          for (const each of steps) {
            if ('rows' in each) {
              const first = sent
              sent += each.rows
              run.timed(Array.from({ length: each.rows }, (_, n) => [first + n, first + n] as const))
              await room()
            } else if ('watermark' in each) run.watermark(sent - 0.5)
            else if ('answers' in each) for (const which of each.answers) await answerOne(which)
            else {
              out.push(...taken())
              calls = new OpenCalls()
              run = await run.restart()
              await room()
            }
          }
          run.end(true)
          await room()
          out.push(...taken().slice(0, -1))
          const results = out.filter((each) => !each.startsWith('(')).map(Number)
          const inOrder = Array.from({ length: sent }, (_, n) => n)
          expect(ordered ? results : results.toSorted((a, b) => a - b)).toEqual(inOrder)
          // No result comes behind a watermark that is ahead of it, and no record before one that was sent before it.
          let watermarkMs = Number.NEGATIVE_INFINITY
          for (const each of out) {
            if (each.startsWith('(')) watermarkMs = Number(each.slice(1, -1))
            else expect(Number(each)).toBeGreaterThan(watermarkMs)
          }
        },
      ),
      runs(10_000),
    )
  })
})
