/** STYLE's checklist for windows of event time. */
import {
  batch,
  type Cases,
  drained,
  interrupted,
  item,
  nothing,
  restart,
  stopped,
  total,
  watermark,
} from './checklist.ts'
import { POISON } from './poison.ts'
import type { WINDOW_SUBJECTS } from './window-subjects.ts'

const ofAll = (startMs: number, sum: number, items: number) => {
  const { key: _none, ...row } = total('', startMs, sum, items)
  return row
}
const listed = (key: string, startMs: number, ...ns: number[]) => ({ key, start: `${startMs * 1000}n`, ns })

/** In Berlin, 29 March 2026 begins at 23:00 of the day before in UTC, and has 23 hours. */
const MARCH_29 = Date.UTC(2026, 2, 28, 23)
const MARCH_30 = Date.UTC(2026, 2, 29, 22)

export const WINDOW_CASES: Readonly<Record<keyof typeof WINDOW_SUBJECTS, Cases>> = {
  /** Of 10 ms; lateness 5 ms, as of all of these. */
  'window aggregate': {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', 1, 1]), watermark(14)],
      rows: { out: [total('a', 0, 1, 1)] },
      more: [batch(['a', 15, 1]), watermark(30)],
      poison: [batch(['b', 15, 1], ['c', 15, POISON])],
      uid: 'totals',
    }),
    one: drained([batch(['a', 3, 1])], { out: [total('a', 0, 1, 1)] }),
    many: drained(
      //  a          1   4     |  12
      //  b            3       |
      //  window [0 ─────── 10)[10 ─────── 20)
      [batch(['a', 1, 5], ['b', 3, 7]), batch(['a', 12, 100], ['a', 4, 6])],
      { out: [total('a', 0, 11, 2), total('b', 0, 7, 1), total('a', 10, 100, 1)] },
    ),
    late: drained(
      //  window    [0 ──────── 10)
      //  lateness            ░░░░░ 14
      //  wm                  13 → a@5 counted;   14 → closed: a@6 late, a@11 in time
      [batch(['a', 1, 1]), watermark(13), batch(['a', 5, 2]), watermark(14), batch(['a', 6, 4], ['a', 11, 8])],
      { out: [total('a', 0, 3, 2), total('a', 10, 8, 1)], late: [item('a', 6, 4)] },
    ),
    watermark: stopped([batch(['a', 1, 1], ['b', 11, 2]), watermark(14)], { out: [total('a', 0, 1, 1)] }),
    barrier: drained(
      [
        batch(['a', 1, 1], ['b', 2, 2]),
        watermark(12),
        restart,
        batch(['a', 3, 4]),
        watermark(14),
        batch(['b', 4, 8]),
        restart,
        batch(['b', 5, 16], ['b', 12, 32]),
      ],
      {
        out: [total('a', 0, 5, 2), total('b', 0, 2, 1), total('b', 10, 32, 1)],
        late: [item('b', 4, 8), item('b', 5, 16)],
      },
    ),
  },

  /** Of 20 ms, one every 10 ms. */
  'sliding windows': {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', 1, 1]), watermark(14)],
      rows: { out: [total('a', -10, 1, 1)] },
      more: [batch(['a', 15, 1]), watermark(40)],
      poison: [batch(['b', 15, 1], ['c', 15, POISON])],
      uid: 'sliding',
    }),
    one: drained([batch(['a', 3, 1])], { out: [total('a', -10, 1, 1), total('a', 0, 1, 1)] }),
    many: drained(
      //  a          1          |  12
      //  b            3        |
      //  windows ────── 10)
      //         [0 ────────────────── 20)
      //                      [10 ─────────── 30)
      [batch(['a', 1, 5], ['b', 3, 7]), batch(['a', 12, 100])],
      {
        out: [
          total('a', -10, 5, 1),
          total('a', 0, 105, 2),
          total('a', 10, 100, 1),
          total('b', -10, 7, 1),
          total('b', 0, 7, 1),
        ],
      },
    ),
    late: drained(
      //  wm 14 → [−10, 10) is closed, a@5 has part in [0, 20) only;   24 → [0, 20) too: a@6 late, a@11 in time
      [batch(['a', 1, 1]), watermark(14), batch(['a', 5, 2]), watermark(24), batch(['a', 6, 4], ['a', 11, 8])],
      { out: [total('a', -10, 1, 1), total('a', 0, 3, 2), total('a', 10, 8, 1)], late: [item('a', 6, 4)] },
    ),
    watermark: stopped([batch(['a', 1, 1], ['b', 11, 2]), watermark(14)], { out: [total('a', -10, 1, 1)] }),
    barrier: drained(
      [
        batch(['a', 1, 1]),
        watermark(14),
        restart,
        batch(['a', 3, 4]),
        watermark(24),
        restart,
        batch(['a', 5, 8], ['a', 12, 16]),
      ],
      { out: [total('a', -10, 1, 1), total('a', 0, 5, 2), total('a', 10, 16, 1)], late: [item('a', 5, 8)] },
    ),
  },

  /** Of a gap of 10 ms. */
  sessions: {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', 1, 1]), watermark(15)],
      rows: { out: [total('a', 1, 1, 1)] },
      more: [batch(['a', 30, 1]), watermark(60)],
      poison: [batch(['b', 30, 1], ['c', 30, POISON])],
      uid: 'sessions',
    }),
    one: drained([batch(['a', 3, 1])], { out: [total('a', 3, 1, 1)] }),
    many: drained([batch(['a', 1, 5], ['b', 3, 7], ['a', 30, 1]), batch(['a', 11, 100])], {
      out: [total('a', 1, 105, 2), total('a', 30, 1, 1), total('b', 3, 7, 1)],
    }),
    late: drained(
      //  wm 14 → [1, 11) is open: a@5 makes it [1, 15);   19 → closed: a@4 is late, a@10 begins another
      [batch(['a', 1, 1]), watermark(14), batch(['a', 5, 2]), watermark(19), batch(['a', 4, 4], ['a', 10, 8])],
      { out: [total('a', 1, 3, 2), total('a', 10, 8, 1)], late: [item('a', 4, 4)] },
    ),
    watermark: stopped([batch(['a', 1, 1], ['b', 11, 2]), watermark(15)], { out: [total('a', 1, 1, 1)] }),
    barrier: drained(
      [
        batch(['a', 1, 1], ['b', 2, 2]),
        watermark(12),
        restart,
        batch(['a', 3, 4]),
        watermark(16),
        batch(['b', 1, 8]),
        restart,
        batch(['a', 13, 16]),
      ],
      { out: [total('a', 1, 21, 3), total('b', 2, 2, 1)], late: [item('b', 1, 8)] },
    ),
  },

  'day windows of a zone': {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', MARCH_29, 1]), watermark(MARCH_30 + 4)],
      rows: { out: [total('a', MARCH_29, 1, 1)] },
      more: [batch(['a', MARCH_30, 1]), watermark(MARCH_30 + 100_000_000)],
      poison: [batch(['b', MARCH_30, 1], ['c', MARCH_30, POISON])],
      uid: 'days',
    }),
    one: drained([batch(['a', MARCH_30 - 1, 1])], { out: [total('a', MARCH_29, 1, 1)] }),
    many: drained(
      [batch(['a', MARCH_29, 5], ['b', MARCH_30, 7]), batch(['a', MARCH_30 - 1, 100], ['a', MARCH_30, 6])],
      {
        out: [total('a', MARCH_29, 105, 2), total('a', MARCH_30, 6, 1), total('b', MARCH_30, 7, 1)],
      },
    ),
    late: drained(
      [
        batch(['a', MARCH_29, 1]),
        watermark(MARCH_30 + 3),
        batch(['a', MARCH_30 - 1, 2]),
        watermark(MARCH_30 + 4),
        batch(['a', MARCH_30 - 1, 4], ['a', MARCH_30, 8]),
      ],
      { out: [total('a', MARCH_29, 3, 2), total('a', MARCH_30, 8, 1)], late: [item('a', MARCH_30 - 1, 4)] },
    ),
    watermark: stopped([batch(['a', MARCH_30 - 1, 1], ['b', MARCH_30, 2]), watermark(MARCH_30 + 4)], {
      out: [total('a', MARCH_29, 1, 1)],
    }),
    barrier: drained(
      [
        batch(['a', MARCH_29, 1]),
        restart,
        batch(['a', MARCH_30 - 1, 2], ['a', MARCH_30, 4]),
        watermark(MARCH_30 + 4),
        restart,
        batch(['a', MARCH_30 - 1, 8], ['a', MARCH_30, 16]),
      ],
      { out: [total('a', MARCH_29, 3, 2), total('a', MARCH_30, 20, 2)], late: [item('a', MARCH_30 - 1, 8)] },
    ),
  },

  /** Of 10 ms, whatever the key. */
  'window all': {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', 1, 1], ['b', 2, 2]), watermark(14)],
      rows: { out: [ofAll(0, 3, 2)] },
      more: [batch(['a', 15, 1]), watermark(30)],
      poison: [batch(['b', 15, 1], ['c', 15, POISON])],
      uid: 'of-all',
    }),
    one: drained([batch(['a', 3, 1])], { out: [ofAll(0, 1, 1)] }),
    many: drained([batch(['a', 1, 5], ['b', 3, 7]), batch(['a', 12, 100], ['c', 4, 6])], {
      out: [ofAll(0, 18, 3), ofAll(10, 100, 1)],
    }),
    late: drained(
      [batch(['a', 1, 1]), watermark(13), batch(['b', 5, 2]), watermark(14), batch(['a', 6, 4], ['b', 11, 8])],
      { out: [ofAll(0, 3, 2), ofAll(10, 8, 1)], late: [item('a', 6, 4)] },
    ),
    watermark: stopped([batch(['a', 1, 1], ['b', 11, 2]), watermark(14)], { out: [ofAll(0, 1, 1)] }),
    barrier: drained(
      [
        batch(['a', 1, 1], ['b', 2, 2]),
        watermark(12),
        restart,
        batch(['a', 3, 4]),
        watermark(14),
        restart,
        batch(['b', 5, 16], ['b', 12, 32]),
      ],
      { out: [ofAll(0, 7, 3), ofAll(10, 32, 1)], late: [item('b', 5, 16)] },
    ),
  },

  /** Of 10 ms; records in the order in which they came. */
  'window apply': {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', 1, 1]), watermark(14)],
      rows: { out: [listed('a', 0, 1)] },
      more: [batch(['a', 15, 1]), watermark(30)],
      poison: [batch(['b', 15, 1], ['c', 15, POISON]), watermark(30)],
      uid: 'listed',
    }),
    one: drained([batch(['a', 3, 1])], { out: [listed('a', 0, 1)] }),
    many: drained([batch(['a', 4, 5], ['b', 3, 7], ['a', 1, 6]), batch(['a', 12, 100], ['a', 4, 5])], {
      out: [listed('a', 0, 5, 6, 5), listed('b', 0, 7), listed('a', 10, 100)],
    }),
    late: drained(
      [batch(['a', 1, 1]), watermark(13), batch(['a', 5, 2]), watermark(14), batch(['a', 6, 4], ['a', 11, 8])],
      { out: [listed('a', 0, 1, 2), listed('a', 10, 8)], late: [item('a', 6, 4)] },
    ),
    watermark: stopped([batch(['a', 1, 1], ['b', 11, 2]), watermark(14)], { out: [listed('a', 0, 1)] }),
    barrier: drained(
      [
        batch(['a', 5, 1], ['b', 2, 2]),
        watermark(12),
        restart,
        batch(['a', 3, 4]),
        watermark(14),
        restart,
        batch(['b', 5, 16], ['b', 12, 32]),
      ],
      { out: [listed('a', 0, 1, 4), listed('b', 0, 2), listed('b', 10, 32)], late: [item('b', 5, 16)] },
    ),
  },

  /** As `window aggregate`, but what comes too late is the sum of a batch. */
  'two-phase aggregate': {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', 1, 1], ['a', 2, 2]), watermark(14)],
      rows: { out: [total('a', 0, 3, 2)] },
      more: [batch(['a', 15, 1]), watermark(30)],
      poison: [batch(['b', 15, 1], ['c', 15, POISON])],
      uid: 'partials-1',
    }),
    one: drained([batch(['a', 3, 1])], { out: [total('a', 0, 1, 1)] }),
    many: drained([batch(['a', 1, 5], ['b', 3, 7], ['a', 1, 1]), batch(['a', 12, 100], ['a', 4, 6])], {
      out: [total('a', 0, 12, 3), total('b', 0, 7, 1), total('a', 10, 100, 1)],
    }),
    late: drained(
      [
        batch(['a', 1, 1]),
        watermark(13),
        batch(['a', 5, 2]),
        watermark(14),
        batch(['a', 6, 4], ['b', 7, 1], ['a', 8, 8], ['a', 11, 8]),
      ],
      { out: [total('a', 0, 3, 2), total('a', 10, 8, 1)], late: [total('a', 0, 12, 2), total('b', 0, 1, 1)] },
    ),
    watermark: stopped([batch(['a', 1, 1], ['b', 11, 2]), watermark(14)], { out: [total('a', 0, 1, 1)] }),
    barrier: drained(
      [
        batch(['a', 1, 1], ['b', 2, 2]),
        watermark(12),
        restart,
        batch(['a', 3, 4]),
        watermark(14),
        restart,
        batch(['b', 5, 16], ['b', 12, 32]),
      ],
      { out: [total('a', 0, 5, 2), total('b', 0, 2, 1), total('b', 10, 32, 1)], late: [total('b', 0, 16, 1)] },
    ),
  },
}
