import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { apply, keyBy, session, sliding, tumbling, window, windowAll } from '../../../operators/index.ts'
import { milliseconds } from '../../../topology/duration.ts'
import { int } from '../../../topology/schema/index.ts'
import type { Stream } from '../../../topology/stream.ts'
import { harness } from '../../support/operator-harness.ts'

interface Click {
  user: string
  n: number
  note: string | null
}
const click = (user: string, timestampMs: number, n = 0): [Click, number] => [{ user, n, note: null }, timestampMs]
const Visit = z.object({ user: z.string(), first: int(), list: z.array(int()) })

const windowed = (s: Stream<Click>) =>
  s.pipe(
    keyBy('user'),
    window(tumbling(milliseconds(10)), { allowedLateness: milliseconds(5) }),
    apply({
      name: 'visits',
      output: Visit,
      onWindow(rows, { key, window, emit }) {
        emit({ user: key, first: window.startMs, list: rows.map(({ n }) => n) })
      },
    }),
  )

describe('apply', () => {
  it('gets the records of a window in their order, also after a restore', async () => {
    const run = await harness(windowed)
    run.timed([click('ann', 5, 1), click('ann', 2, 2), click('bob', 3, 3)])
    const next = await run.restart()
    next.timed([click('ann', 9, 4)]).watermark(14)
    expect(next.rows().sort((a, b) => (a.user < b.user ? -1 : 1))).toEqual([
      { user: 'ann', first: 0, list: [1, 2, 4] },
      { user: 'bob', first: 0, list: [3] },
    ])
    expect(next.timestampsMs()).toEqual([9, 9])
    next.timed([click('ann', 1)])
    expect(next.rows('late')).toHaveLength(1)
  })

  it('puts panes and sessions together', async () => {
    const collect = (s: Stream<Click>, windows: ReturnType<typeof session> | ReturnType<typeof sliding>) =>
      s.pipe(
        keyBy('user'),
        window(windows),
        apply({
          name: 'all',
          output: z.object({ n: z.array(int()) }),
          onWindow: (rows, { emit }) => emit({ n: rows.map(({ n }) => n) }),
        }),
      )
    const panes = await harness((s: Stream<Click>) => collect(s, sliding(milliseconds(20), milliseconds(10))))
    panes.timed([click('ann', 12, 1), click('ann', 5, 2)]).end(true)
    expect(panes.rows().map(({ n }) => n)).toEqual([[2], [2, 1], [1]])
    const sessions = await harness((s: Stream<Click>) => collect(s, session(milliseconds(10))))
    sessions.timed([click('ann', 15, 1), click('ann', 0, 2), click('ann', 7, 3)]).end(true)
    expect(sessions.rows().map(({ n }) => n)).toEqual([[2, 1, 3]])
  })

  it('emits as many rows as it likes, 1,024 at a time', async () => {
    const run = await harness((s: Stream<Click>) =>
      s.pipe(
        windowAll(tumbling(milliseconds(10))),
        apply({
          name: 'many',
          output: z.object({ n: int() }),
          onWindow(_rows, { key, emit }) {
            expect(key).toBeUndefined()
            for (let n = 0; n < 2500; n++) emit({ n })
          },
        }),
      ),
    )
    run.timed([click('ann', 1)]).watermark(9)
    expect(run.batches().map(({ length }) => length)).toEqual([1024, 1024, 452])
  })

  it.each([
    [
      'throws',
      () => {
        throw new RangeError('no')
      },
    ],
    ['returns a promise', (async () => undefined) as never],
  ])('names operator, function and key when the function %s', async (_what, onWindow) => {
    const run = await harness((s: Stream<Click>) =>
      s.pipe(keyBy('user', 'n'), window(tumbling(milliseconds(10))), apply({ name: 'fails', output: Visit, onWindow })),
    )
    run.timed([click('ann', 1, 7)])
    expect(() => run.watermark(9)).toThrowError(
      expect.objectContaining({
        code: 'OPERATOR_FAILED',
        message: expect.stringMatching(/fails.*onWindow.*ann/),
        details: expect.objectContaining({ uid: 'fails', function: 'onWindow' }),
      }),
    )
  })

  it('refuses what is emitted when the function has returned', async () => {
    let later: (() => void) | undefined
    const run = await harness((s: Stream<Click>) =>
      s.pipe(
        keyBy('user'),
        window(tumbling(milliseconds(10))),
        apply({
          name: 'later',
          output: Visit,
          onWindow(_rows, { emit }) {
            later = () => emit({ user: '', first: 0, list: [] })
          },
        }),
      ),
    )
    run.timed([click('ann', 1)]).watermark(9)
    expect(later).toThrowError(expect.objectContaining({ code: 'EMIT_OUTSIDE_CALL' }))
  })
})
