import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  global,
  type JoinOptions,
  keyBy,
  onCount,
  session,
  sliding,
  tumbling,
  window,
  windowAll,
  windowJoin,
} from '../../../operators/index.ts'
import { milliseconds } from '../../../topology/duration.ts'
import type { Stream } from '../../../topology/stream.ts'
import { harness2 } from '../../support/operator-harness.ts'
import { runs } from '../../support/scale.ts'
import { type Row, row, type Sent, steps, twoSided } from './two-sided.ts'

type Options = Partial<Omit<JoinOptions<Row, Row, any, any>, 'select'>>
type Windows = ReturnType<typeof tumbling> | ReturnType<typeof sliding> | ReturnType<typeof session>

const pair = (left: Row | null, right: Row | null) => ({ left: left?.n ?? null, right: right?.n ?? null })
const build =
  (windows: Windows, latenessMs = 0, options: Options = {}) =>
  (left: Stream<Row>, right: Stream<Row>) =>
    left.pipe(
      keyBy('key'),
      window(windows, { allowedLateness: milliseconds(latenessMs) }),
      windowJoin(right.pipe(keyBy('key')), { select: pair, ...options }),
    )
const TEN = tumbling(milliseconds(10))

describe('windowJoin', () => {
  it('emits nothing for nothing', async () => {
    const run = await harness2(build(TEN, 0, { type: 'full' }))
    run.left.end(true)
    run.right.end(true)
    expect(run.rows()).toEqual([])
  })

  it('joins rows of a key in a window when the watermark has passed it', async () => {
    //  left    1        |  11
    //  right   2  9  b3 |  12
    //  window [0 ──── 10)[10 ──── 20)
    const run = await harness2(build(TEN))
    run.left.timed([row('a', 1, 1), row('a', 11, 2)]).watermark(9)
    run.right.timed([row('a', 2, 3), row('a', 9, 4), row('b', 3, 5), row('a', 12, 6)])
    expect(run.rows()).toEqual([])
    run.right.watermark(9)
    expect(run.rows()).toEqual([
      { left: 1, right: 3 },
      { left: 1, right: 4 },
    ])
    expect(run.timestampsMs()).toEqual([9, 9])
    run.left.end(true)
    run.right.end(true)
    expect(run.rows().slice(2)).toEqual([{ left: 2, right: 6 }])
  })

  it('makes one session of both sides', async () => {
    //  left    1 ····       14 ····
    //  right      5 ···· 9 ····
    const run = await harness2(build(session(milliseconds(6))))
    run.left.timed([row('a', 1, 1), row('a', 14, 2)])
    run.right.timed([row('a', 5, 3), row('a', 9, 4)])
    run.left.watermark(18)
    run.right.watermark(18)
    expect(run.rows()).toEqual([])
    run.left.watermark(19)
    run.right.watermark(19)
    expect(run.rows()).toHaveLength(4)
    expect(new Set(run.timestampsMs())).toEqual(new Set([19]))
  })

  it('keeps what matches nothing, of the sides that it is to keep', async () => {
    const run = await harness2(build(TEN, 0, { type: 'full', where: (left, right) => left.n < right.n }))
    run.left.timed([row('a', 1, 9), row('b', 1, 2)])
    run.right.timed([row('a', 1, 3), row('c', 1, 4)])
    run.left.watermark(9)
    run.right.watermark(9)
    expect(run.rows().toSorted((a, b) => (a.left ?? 0) - (b.left ?? 0))).toEqual([
      { left: null, right: 3 },
      { left: null, right: 4 },
      { left: 2, right: null },
      { left: 9, right: null },
    ])
  })

  it('sends late rows to the output of their side', async () => {
    const run = await harness2(build(TEN, 5))
    run.left.watermark(13)
    run.right.watermark(13)
    run.left.timed([row('a', 9, 1)])
    run.left.watermark(14)
    run.right.watermark(14)
    run.left.timed([row('a', 9, 2)])
    run.right.timed([row('a', 9, 3), row('a', 10, 4)])
    expect(run.rows('lateLeft')).toMatchObject([{ n: 2 }])
    expect(run.rows('lateRight')).toMatchObject([{ n: 3 }])
    expect(run.counter('num_late_records_dropped_total')).toBe(2)
  })

  it('names itself and select, which throws', async () => {
    const broken = { select: () => { throw new RangeError('no') } } // biome-ignore format: one line
    const run = await harness2(build(TEN, 0, broken as Options))
    run.left.timed([row('a', 1, 1)]).watermark(9)
    run.right.timed([row('a', 1, 2)])
    expect(() => run.right.watermark(9)).toThrowError(
      expect.objectContaining({ code: 'OPERATOR_FAILED', details: expect.objectContaining({ function: 'select' }) }),
    )
  })

  it.each<[string, (stream: Stream<Row>) => any]>([
    ['no end', (s) => s.pipe(keyBy('key'), window(global()))],
    ['no key', (s) => s.pipe(windowAll(TEN))],
    ['a trigger', (s) => s.pipe(keyBy('key'), window(TEN, { trigger: onCount(2) }))],
  ])('refuses windows with %s', async (_what, windowed) => {
    const join = windowJoin as any
    await expect(harness2((left: Stream<Row>, right) => join(right)(windowed(left)))).rejects.toMatchObject({
      code: 'JOIN_WINDOWS',
    })
  })

  it('does as a naive oracle, over any streams, windows, watermarks and restarts', async () => {
    const kinds = fc.constantFrom<Windows>(
      TEN,
      tumbling(milliseconds(7), { offset: milliseconds(3) }),
      sliding(milliseconds(12), milliseconds(4)),
      sliding(milliseconds(10), milliseconds(4)),
      session(milliseconds(5)),
    )
    const options = fc.record({
      windows: kinds,
      type: fc.constantFrom('inner', 'left', 'right', 'full'),
      latenessMs: fc.constantFrom(0, 6),
      odd: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(options, steps({ maxMs: 60 }), async ({ windows, type, latenessMs, odd }, script) => {
        const where = (left: Row, right: Row) => !odd || (left.n + right.n) % 2 === 1
        const run = await twoSided(build(windows, latenessMs, { type, where }), script, latenessMs)
        const { closed, late } =
          windows.kind === 'session'
            ? sessions(run.sent, windows.gapMs, latenessMs, run.watermarkMs)
            : aligned(run.sent, windows, latenessMs, run.watermarkMs)

        const numbers = (side: string) => late.filter((each) => each.side === side).map(({ value }) => value.n)
        expect(run.late).toEqual({ left: numbers('left'), right: numbers('right') })
        const expected = closed.flatMap(({ endMs, rows }) => {
          const lefts = rows.filter(({ side }) => side === 'left').map(({ value }) => value)
          const rights = rows.filter(({ side }) => side === 'right').map(({ value }) => value)
          const pairs = lefts.flatMap((l) => rights.filter((r) => where(l, r)).map((r) => [l, r] as const))
          const out: [Row | null, Row | null][] = [...pairs.map(([l, r]): [Row, Row] => [l, r])]
          if (type === 'left' || type === 'full') {
            for (const l of lefts) if (!pairs.some(([each]) => each === l)) out.push([l, null])
          }
          if (type === 'right' || type === 'full') {
            for (const r of rights) if (!pairs.some(([, each]) => each === r)) out.push([null, r])
          }
          return out.map(([l, r]) => ({ ...pair(l, r), at: endMs - 1 }))
        })
        const order = (a: (typeof expected)[0], b: (typeof expected)[0]) =>
          a.at - b.at || (a.left ?? -1) - (b.left ?? -1) || (a.right ?? -1) - (b.right ?? -1)
        expect(run.rows.toSorted(order)).toEqual(expected.toSorted(order))
      }),
      runs(10_000),
    )
  })
})

interface Closed {
  readonly closed: readonly { readonly endMs: number; readonly rows: readonly SentRow[] }[]
  readonly late: readonly SentRow[]
}
type SentRow = Sent & { readonly side: string }

/** Windows that time alone makes: every row is in each window that is open when it comes. */
function aligned(sent: readonly SentRow[], windows: any, latenessMs: number, watermarkMs: number): Closed {
  const { sizeMs, slideMs = sizeMs, offsetMs } = windows
  const open = new Map<string, { endMs: number; rows: SentRow[] }>()
  const late: SentRow[] = []
  for (const each of sent) {
    let isLate = true
    // A row that comes in time for one of its windows lies in the pane of all: those that have closed have been written.
    for (let startMs = offsetMs - 10 * sizeMs; startMs <= each.atMs; startMs += slideMs) {
      const endMs = startMs + sizeMs
      if (each.atMs >= endMs || endMs - 1 + latenessMs <= each.watermarkMs) continue
      isLate = false
      const id = `${typeof each.value.key}${each.value.key}/${startMs}`
      const of = open.get(id) ?? { endMs, rows: [] as SentRow[] }
      of.rows.push(each)
      open.set(id, of)
    }
    if (isLate) late.push(each)
  }
  return { closed: [...open.values()].filter(({ endMs }) => endMs - 1 + latenessMs <= watermarkMs), late }
}

/** Windows that rows make: each row puts together the open ones that it touches. */
function sessions(sent: readonly SentRow[], gapMs: number, latenessMs: number, watermarkMs: number): Closed {
  let open: { key: unknown; startMs: number; endMs: number; rows: SentRow[] }[] = []
  const closed: typeof open = []
  const late: SentRow[] = []
  const isPast = (endMs: number, atMs: number) => endMs - 1 + latenessMs <= atMs
  const close = (atMs: number) => {
    closed.push(...open.filter(({ endMs }) => isPast(endMs, atMs)))
    open = open.filter(({ endMs }) => !isPast(endMs, atMs))
  }
  for (const each of sent) {
    close(each.watermarkMs)
    const { key } = each.value
    const touched = open.filter((s) => s.key === key && s.startMs <= each.atMs + gapMs && s.endMs >= each.atMs)
    if (touched.length === 0 && isPast(each.atMs + gapMs, each.watermarkMs)) {
      late.push(each)
      continue
    }
    open = open.filter((s) => !touched.includes(s))
    open.push({
      key,
      startMs: Math.min(each.atMs, ...touched.map(({ startMs }) => startMs)),
      endMs: Math.max(each.atMs + gapMs, ...touched.map(({ endMs }) => endMs)),
      rows: [...touched.flatMap(({ rows }) => rows), each],
    })
  }
  close(watermarkMs)
  return { closed, late }
}
