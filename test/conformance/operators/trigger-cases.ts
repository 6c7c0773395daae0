/** STYLE's checklist for windows that fire before their end, or have none. */
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
import type { TRIGGER_SUBJECTS } from './trigger-subjects.ts'

const soFar = (key: string, total: number, items: number) => ({ key, total, items: `${items}n` })

export const TRIGGER_CASES: Readonly<Record<keyof typeof TRIGGER_SUBJECTS, Cases>> = {
  /** Of 20 ms; what has changed goes out when the watermark passes a multiple of 5 ms, and with each late record. */
  'early firings': {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', 1, 1]), watermark(4)],
      rows: { out: [total('a', 0, 1, 1)] },
      more: [batch(['a', 6, 1]), watermark(9)],
      poison: [batch(['b', 6, 1], ['c', 6, POISON])],
      uid: 'early',
    }),
    one: drained([batch(['a', 3, 1])], { out: [total('a', 0, 1, 1)] }),
    many: drained(
      [
        batch(['a', 1, 5], ['b', 3, 7], ['a', 12, 6]),
        watermark(4),
        batch(['a', 13, 1]),
        watermark(9),
        watermark(14),
        batch(['b', 30, 2]),
      ],
      { out: [total('a', 0, 11, 2), total('b', 0, 7, 1), total('a', 0, 12, 3), total('b', 20, 2, 1)] },
    ),
    late: drained(
      //  window    [0 ──────── 20)
      //  lateness            ░░░░░ 24
      //  wm                  19 → fired, a@5 fires it again;   24 → closed: a@6 late
      [batch(['a', 1, 1]), watermark(19), batch(['a', 5, 2]), watermark(24), batch(['a', 6, 4])],
      { out: [total('a', 0, 1, 1), total('a', 0, 3, 2)], late: [item('a', 6, 4)] },
    ),
    watermark: stopped([batch(['a', 1, 1]), watermark(3), batch(['b', 2, 2]), watermark(4), batch(['c', 6, 3])], {
      out: [total('a', 0, 1, 1), total('b', 0, 2, 1)],
    }),
    barrier: drained(
      [
        batch(['a', 1, 1], ['b', 2, 2]),
        watermark(4),
        batch(['a', 3, 4]),
        restart,
        watermark(9),
        restart,
        batch(['b', 5, 16]),
        watermark(24),
        restart,
        batch(['b', 5, 32]),
      ],
      {
        out: [total('a', 0, 1, 1), total('b', 0, 2, 1), total('a', 0, 5, 2), total('b', 0, 18, 2)],
        late: [item('b', 5, 32)],
      },
    ),
  },

  /** Of 10 ms: each row tells of two records, the last one of those that are left. */
  'counted firings': {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', 1, 1], ['a', 2, 2])],
      rows: { out: [total('a', 0, 3, 2)] },
      more: [batch(['a', 3, 1], ['a', 4, 1])],
      poison: [batch(['b', 3, 1], ['c', 3, POISON])],
      uid: 'pairs',
    }),
    one: drained([batch(['a', 3, 1])], { out: [total('a', 0, 1, 1)] }),
    many: drained([batch(['a', 1, 5], ['b', 3, 7], ['a', 12, 6]), batch(['a', 2, 1], ['a', 3, 2], ['b', 4, 8])], {
      out: [total('a', 0, 6, 2), total('a', 0, 2, 1), total('a', 10, 6, 1), total('b', 0, 15, 2)],
    }),
    late: drained([batch(['a', 1, 1]), watermark(9), batch(['a', 5, 2], ['a', 10, 4])], {
      out: [total('a', 0, 1, 1), total('a', 10, 4, 1)],
      late: [item('a', 5, 2)],
    }),
    watermark: stopped([batch(['a', 1, 1], ['a', 2, 2], ['a', 3, 4], ['a', 11, 8]), watermark(9)], {
      out: [total('a', 0, 3, 2), total('a', 0, 4, 1)],
    }),
    barrier: drained(
      [
        batch(['a', 1, 1], ['b', 2, 2]),
        restart,
        batch(['a', 3, 4]),
        restart,
        batch(['a', 4, 8]),
        watermark(9),
        restart,
        batch(['b', 5, 16]),
      ],
      { out: [total('a', 0, 5, 2), total('a', 0, 8, 1), total('b', 0, 2, 1)], late: [item('b', 5, 16)] },
    ),
  },

  /** At every second record of a key, and at a drain what has come since. It judges nobody by time. */
  'global window': {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', 1, 1], ['a', 2, 2])],
      rows: { out: [soFar('a', 3, 2)] },
      more: [batch(['a', 3, 1], ['a', 4, 1])],
      poison: [batch(['b', 3, 1], ['c', 3, POISON])],
      uid: 'of-all-time',
    }),
    one: drained([batch(['a', 3, 1])], { out: [soFar('a', 1, 1)] }),
    many: drained([batch(['a', 1, 5], ['b', 3, 7], ['a', 99, 6]), batch(['a', 2, 1], ['a', 3, 2], ['a', 4, 3])], {
      out: [soFar('a', 11, 2), soFar('a', 14, 4), soFar('a', 17, 5), soFar('b', 7, 1)],
    }),
    late: stopped([batch(['a', 1, 1]), watermark(100), batch(['a', 5, 2])], { out: [soFar('a', 3, 2)] }),
    watermark: stopped([batch(['a', 1, 1], ['b', 1, 1], ['b', 1, 1]), watermark(1_000)], { out: [soFar('b', 2, 2)] }),
    barrier: drained(
      [batch(['a', 1, 1], ['b', 2, 2]), restart, batch(['a', 3, 4]), restart, batch(['b', 4, 8], ['a', 5, 16])],
      { out: [soFar('a', 5, 2), soFar('b', 10, 2), soFar('a', 21, 3)] },
    ),
  },

  /** The last four of a key at every second one, fewer at the beginning; what no window is full of waits. */
  'count windows': {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', 1, 1], ['a', 2, 2])],
      rows: { out: [soFar('a', 3, 2)] },
      more: [batch(['a', 3, 1], ['a', 4, 1])],
      poison: [batch(['b', 3, 1], ['c', 3, POISON])],
      uid: 'last-four',
    }),
    one: drained([batch(['a', 3, 1])], {}),
    many: drained(
      [batch(['a', 1, 5], ['b', 3, 7], ['a', 99, 6]), batch(['a', 2, 1], ['a', 3, 2], ['a', 4, 3], ['a', 5, 4])],
      { out: [soFar('a', 11, 2), soFar('a', 14, 4), soFar('a', 10, 4)] },
    ),
    late: stopped([batch(['a', 1, 1]), watermark(100), batch(['a', 5, 2])], { out: [soFar('a', 3, 2)] }),
    watermark: stopped([batch(['a', 1, 1], ['b', 1, 1], ['b', 1, 1]), watermark(1_000)], { out: [soFar('b', 2, 2)] }),
    barrier: drained(
      [
        batch(['a', 1, 1], ['b', 2, 2]),
        restart,
        batch(['a', 3, 4], ['a', 4, 8]),
        restart,
        batch(['b', 4, 16], ['a', 5, 32]),
      ],
      { out: [soFar('a', 5, 2), soFar('b', 18, 2), soFar('a', 45, 4)] },
    ),
  },
}
