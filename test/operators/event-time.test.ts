import { describe, expect, it } from 'vitest'
import { eventTime, single } from '../../operators/index.ts'
import { milliseconds, seconds } from '../../topology/duration.ts'
import type { Element } from '../../topology/element.ts'
import type { Stream } from '../../topology/stream.ts'
import { type HarnessSnapshot, harness } from '../support/operator-harness.ts'

interface Reading {
  at: bigint
}

/** Readings at times in milliseconds. */
const at = (...timesMs: number[]): Reading[] => timesMs.map((timeMs) => ({ at: BigInt(timeMs) * 1000n }))

const within = (outOfOrdernessMs: number) => (s: Stream<Reading>) =>
  s.pipe(eventTime('at', { outOfOrderness: milliseconds(outOfOrdernessMs) }))

const timesOf = (elements: readonly Element[]) =>
  elements.flatMap((element) => (element.kind === 'watermark' ? [element.timestampMs] : []))

describe('eventTime', () => {
  it('emits nothing for nothing, and never a watermark that has not grown', async () => {
    const run = await harness(within(5))
    run.batch([])
    expect(run.elements()).toEqual([])
    run.batch(at(100)).batch(at(100)).batch(at(90))
    expect(run.watermarks()).toEqual([94])
  })

  it('gives rows their event times and follows with the watermark', async () => {
    const run = await harness(within(10))
    run.batch(at(100, 130, 120)).batch(at(150))
    expect(run.timestampsMs()).toEqual([100, 130, 120, 150])
    expect(run.elements().map(({ kind }) => kind)).toEqual(['batch', 'watermark', 'batch', 'watermark'])
    expect(run.watermarks()).toEqual([119, 139])
  })

  it('takes a function, in milliseconds', async () => {
    const run = await harness((s: Stream<{ t: number }>) =>
      s.pipe(eventTime((row) => row.t, { outOfOrderness: seconds(1) })),
    )
    run.batch([{ t: 5000 }])
    expect(run.timestampsMs()).toEqual([5000])
    expect(run.watermarks()).toEqual([3999])
  })

  it('floors microseconds, before 1970 and far from it as well', async () => {
    const run = await harness(within(0))
    run.batch([{ at: -1n }, { at: 1999n }, { at: -(10n ** 17n) - 1n }, { at: 10n ** 17n + 999n }])
    expect(run.timestampsMs()).toEqual([-1, 1, -(10 ** 14) - 1, 10 ** 14])
  })

  it('waits for the slowest split', async () => {
    //  split 0  -∞ ── 100 ──────────── 200 ───────
    //  split 1  -∞ ────────── 50 ────────── 120 ──
    //  out                    49            119
    const run = await harness(within(0))
    run.watermark(Number.NEGATIVE_INFINITY, 0).watermark(Number.NEGATIVE_INFINITY, 1)
    run.batch(at(100), { split: 0 })
    expect(run.watermarks()).toEqual([])
    run.batch(at(50), { split: 1 })
    run.batch(at(200), { split: 0 })
    expect(run.watermarks()).toEqual([49])
    run.batch(at(120), { split: 1 })
    expect(run.watermarks()).toEqual([49, 119])
    expect(run.batches().map(({ split }) => split)).toEqual([0, 1, 0, 1])
  })

  it('goes on without an idle split, and does not fall back when it wakes', async () => {
    const run = await harness(within(0))
    run.batch(at(50), { split: 1 }).batch(at(100), { split: 0 }).idle(1)
    expect(run.watermarks()).toEqual([49, 99])
    run.batch(at(60), { split: 1 }).batch(at(110), { split: 0 })
    expect(run.watermarks()).toEqual([49, 99])
    run.batch(at(120), { split: 1 })
    expect(run.watermarks()).toEqual([49, 99, 109])
  })

  it('is idle when all splits are', async () => {
    const run = await harness(within(0))
    run.batch(at(50), { split: 0 }).batch(at(60), { split: 1 }).idle(0).idle(1)
    expect(run.elements().at(-1)).toEqual({ kind: 'idle' })
    const single = await harness(within(0))
    single.batch(at(50)).idle()
    expect(single.elements().at(-1)).toEqual({ kind: 'idle' })
  })

  it('takes the place of watermarks from before it', async () => {
    const run = await harness(within(0))
    run.watermark(77).batch(at(50))
    expect(run.watermarks()).toEqual([49])
  })

  it('passes +∞ on, and goes on from the real watermark in the next run', async () => {
    const run = await harness(within(10))
    run.batch(at(100)).end(true)
    expect(run.watermarks()).toEqual([89, Number.POSITIVE_INFINITY])
    const next = await run.restart()
    next.batch(at(100)).batch(at(101))
    expect(next.watermarks()).toEqual([89, 90])
  })

  it('judges after a restore as before it', async () => {
    const run = await harness(within(0))
    run.batch(at(50), { split: 1 }).batch(at(100), { split: 0 })
    const next = await run.restart()
    next.watermark(Number.NEGATIVE_INFINITY, 0).watermark(Number.NEGATIVE_INFINITY, 1)
    // Said again at once: whoever merges it with others has to know it.
    expect(next.watermarks()).toEqual([49])
    next.batch(at(40), { split: 1 }).batch(at(90), { split: 0 })
    expect(next.watermarks()).toEqual([49])
    next.batch(at(70), { split: 1 }).batch(at(130), { split: 1 })
    // Split 0 has been at 100 already.
    expect(next.watermarks()).toEqual([49, 69, 99])
  })

  describe('in several subtasks', () => {
    const announced = Number.NEGATIVE_INFINITY

    it('keeps the splits that it reads itself, so that no entry of theirs stands for the reader of another', async () => {
      //            1 subtask    2 subtasks            1 subtask
      //  split 0   100          subtask 0, 100        100
      //  split 1   50           subtask 1, 50 … 80    80, whatever subtask 0 once knew of it
      const before = await harness(within(0))
      before.batch(at(50), { split: 1 }).batch(at(100), { split: 0 })
      const two = await harness(within(0), { parallelism: 2, restored: await before.snapshot() })
      two.watermark(announced, 0).watermark(announced, 1).batch(at(80), { split: 1 })
      const restored = await two.snapshot()
      expect(restored.split['eventTime(at)/times']).toEqual({
        parallelism: 2,
        'watermark/0': 49,
        'split/0': 100,
        'watermark/1': 79,
        'split/1': 80,
      })

      const after = await harness(within(0), { restored })
      after.watermark(announced, 0).watermark(announced, 1).batch(at(70), { split: 1 })
      expect(after.watermarks()).toEqual([49, 79])
    })

    it('keeps nothing of the splits of others, nor of one that is gone', async () => {
      const before = await harness(within(0))
      before.batch(at(50), { split: 1 }).batch(at(100), { split: 0 }).batch(at(70), { split: 2 })
      const next = await before.restart()
      next.watermark(announced, 1)
      expect((await next.snapshot()).split['eventTime(at)/times']).toEqual({
        parallelism: 1,
        'watermark/0': 49,
        'split/1': 50,
      })
    })

    it('repeats its own promise after a restore, and after a rescale the least of all', async () => {
      const watermarksOf = async (parallelism: number, restored: HarnessSnapshot) => {
        const run = await harness(within(0), { parallelism, restored })
        run.watermark(announced, 0).watermark(announced, 1)
        return Array.from({ length: parallelism }, (_, subtask) => timesOf(run.elementsOf(subtask)))
      }
      const both = await harness(within(0), { parallelism: 2 })
      both.watermark(announced, 0).watermark(announced, 1).batch(at(100), { split: 0 })
      // Subtask 1 has read nothing: nothing is promised for its split.
      const half = await both.snapshot()
      both.batch(at(50), { split: 1 })
      const whole = await both.snapshot()
      expect(await watermarksOf(2, whole)).toEqual([[99], [49]])
      expect(await watermarksOf(1, whole)).toEqual([[49]])
      expect(await watermarksOf(2, half)).toEqual([[99], []])
      expect(await watermarksOf(1, half)).toEqual([[]])
    })

    it('is idle without a split to read, and promises no more than before', async () => {
      const fresh = await harness(within(0), { parallelism: 2 })
      fresh.idle(1)
      expect(fresh.elementsOf(1)).toEqual([{ kind: 'idle' }])

      const restored = await (await harness(within(0))).batch(at(100), { split: 0 }).snapshot()
      const rescaled = await harness(within(0), { parallelism: 2, restored })
      rescaled.watermark(announced, 0).idle(1)
      expect(rescaled.elementsOf(1)).toEqual([{ kind: 'watermark', timestampMs: 99 }, { kind: 'idle' }])
      expect((await rescaled.snapshot()).split['eventTime(at)/times']).toMatchObject({ 'watermark/1': 99 })
    })

    it('lets the others go on, where an idle subtask meets them', async () => {
      const run = await harness((s: Stream<Reading>) => s.pipe(within(0), single()), { parallelism: 2 })
      run.idle(1).batch(at(100), { split: 0 })
      expect(timesOf(run.elementsOf(0))).toEqual([99])
      run.idle(0)
      expect(run.elementsOf(0).at(-1)).toEqual({ kind: 'idle' })
    })

    it('goes on without splits where its own watermark was, over restores', async () => {
      const run = await harness(within(0))
      run.batch(at(100))
      const snapshot = await run.snapshot()
      expect(snapshot.split['eventTime(at)/times']).toEqual({ parallelism: 1, 'watermark/0': 99 })
      const next = await run.restart()
      next.batch(at(90)).batch(at(110))
      expect(next.watermarks()).toEqual([99, 109])
    })
  })

  it.each([
    [null, 'null'],
    [Number.NaN, 'number'],
  ])('refuses a time of %s, naming the record', async (time, text) => {
    const run = await harness((s: Stream<{ id: string; t: number | null }>) =>
      s.pipe(eventTime((row) => row.t as number, { outOfOrderness: seconds(1) })),
    )
    expect(() => run.batch([{ id: 'r7', t: time }])).toThrowError(
      expect.objectContaining({ code: 'OPERATOR_FAILED', message: expect.stringMatching(new RegExp(`${text}.*r7`)) }),
    )
  })

  it('names the record on which its function throws', async () => {
    const run = await harness((s: Stream<Reading | { id: string }>) =>
      s.pipe(eventTime((row) => Number((row as Reading).at / 1000n), { outOfOrderness: seconds(1) })),
    )
    expect(() => run.batch([{ id: 'r8' }])).toThrowError(/eventTime: the event time function failed on \{ id: 'r8' \}/)
  })

  it('refuses durations that are none', () => {
    expect(() => within(-1)(null as never)).toThrow()
    expect(() => eventTime(() => 0, { outOfOrderness: milliseconds(Number.NaN) })).toThrowError(
      expect.objectContaining({ code: 'OUT_OF_ORDERNESS' }),
    )
  })
})
