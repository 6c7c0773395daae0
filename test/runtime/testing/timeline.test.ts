import { describe, expect, it } from 'vitest'
import { aggregate, count, keyBy, tumbling, union, window, windowEnd, windowStart } from '../../../operators/index.ts'
import { drawTimeline, play, testOperator, timeline } from '../../../runtime/testing/index.ts'
import { milliseconds, minutes } from '../../../topology/duration.ts'
import type { Stream } from '../../../topology/stream.ts'

describe('timeline', () => {
  it('reads records, moments of several, watermarks and the end', () => {
    expect(
      timeline('a-(ab)-> |', { a: 'A', b: (atMs) => `B at ${atMs}` }, { frameMs: minutes(1), startMs: 7 }),
    ).toEqual([
      { kind: 'record', atMs: 7, row: 'A' },
      { kind: 'record', atMs: 120_007, row: 'A' },
      { kind: 'record', atMs: 120_007, row: 'B at 120007' },
      { kind: 'watermark', atMs: 420_007 },
      { kind: 'end', atMs: 480_007 },
    ])
    expect(timeline('', {})).toEqual([])
  })

  it('refuses a character that stands for nothing', () => {
    expect(() => timeline('a-x', { a: 1 })).toThrowError(
      expect.objectContaining({ code: 'TIMELINE', message: 'the timeline a-x has a "x" that stands for nothing' }),
    )
  })

  it('plays several side by side', async () => {
    const test = await testOperator((left: Stream<string>, right: Stream<string>) => union(left, right))
    play(
      [test.input(0), timeline('a---c>|', { a: 'a', c: 'c' })],
      [test.input(1), timeline('--b-d->|', { b: 'b', d: 'd' })],
    )
    expect(test.rows()).toEqual(['a', 'b', 'c', 'd'])
    expect(test.timestampsMs()).toEqual([0, 2, 4, 4])
    expect(test.watermarks()).toEqual([6, Number.POSITIVE_INFINITY])
    expect(test.elements().at(-1)).toEqual({ kind: 'end', drain: true })
  })
})

describe('drawTimeline', () => {
  it('draws windows below what fell into them', async () => {
    const clicks = 'a--b----a-a---->a--b----|'
    const test = await testOperator((s: Stream<{ user: string }>) =>
      s.pipe(
        keyBy('user'),
        window(tumbling(milliseconds(10))),
        aggregate({ start: windowStart(), end: windowEnd(), clicks: count() }),
      ),
    )
    play([test, timeline(clicks, { a: { user: 'ann' }, b: { user: 'bob' } })])
    const windows = test.rows().map((row) => ({
      startMs: Number(row.start / 1000n),
      endMs: Number(row.end / 1000n),
      label: `${row.user} ${row.clicks}`,
    }))
    expect(`\n${drawTimeline({ clicks, windows })}\n`).toMatchInlineSnapshot(`
      "
               0         10        20
      clicks   a--b----a-a---->a--b----|
      windows  [--------) ann 2
               [--------) bob 1
                         [--------) ann 2
                         [--------) bob 1
      "
    `)
  })

  it('gives what overlaps lines of its own, and times a form', () => {
    const drawn = drawTimeline(
      {
        out: [
          { atMs: 60_000, label: 'first' },
          { atMs: 180_000, label: 'second' },
          { atMs: 600_000, label: 'x' },
        ],
        none: [],
      },
      { frameMs: minutes(1), label: (atMs) => `${atMs / 60_000}m` },
    )
    expect(`\n${drawn}\n`).toMatchInlineSnapshot(`
      "
            0m        10m
      out    first    x
               second
      none
      "
    `)
  })
})
