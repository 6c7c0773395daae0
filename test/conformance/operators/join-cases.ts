/** STYLE's checklist for joins: rows of both sides come in any order, but for barriers between them. */
import {
  barrier,
  batch,
  type Cases,
  drained,
  interrupted,
  item,
  left,
  nothing,
  restart,
  right,
  stopped,
  watermark,
} from './checklist.ts'
import { type JOIN_SUBJECTS, NOBODY } from './join-subjects.ts'
import { POISON } from './poison.ts'

const pair = (key: string, left: number | null, right: number | null) => ({ key, left, right })
const change = (kind: string, key: string, left: number, right: number | null) => ({ ...pair(key, left, right), kind })
const found = (key: string, n: number, owner: string | null) => ({ key, n, owner })

export const JOIN_CASES: Readonly<Record<keyof typeof JOIN_SUBJECTS, Cases>> = {
  /** The right row lies from 5 ms before the left one to 10 ms behind it. */
  'interval join': {
    ...nothing,
    ...interrupted({
      steps: [left(['a', 10, 1]), right(['a', 12, 2])],
      rows: { out: [pair('a', 1, 2)] },
      more: [right(['a', 13, 3])],
      poison: [right(['a', 13, POISON])],
      uid: 'near',
    }),
    one: drained([left(['a', 10, 1])], { out: [pair('a', 1, null)] }),
    many: drained(
      //  a    left      1@10 ──── 2@20
      //       right 4@5 ───────── 5@20 ──────── 6@31
      [left(['a', 10, 1], ['a', 20, 2], ['b', 10, 3]), right(['a', 5, 4], ['a', 20, 5], ['a', 31, 6], ['c', 10, 7])],
      {
        out: [
          pair('a', 1, 4),
          pair('a', 1, 5),
          pair('a', 2, 5),
          pair('a', null, 6),
          pair('b', 3, null),
          pair('c', null, 7),
        ],
      },
    ),
    late: drained([left(['a', 10, 1]), watermark(20), barrier, left(['a', 20, 2]), right(['a', 20, 3], ['a', 21, 4])], {
      out: [pair('a', 1, null), pair('a', null, 4)],
      lateLeft: [item('a', 20, 2)],
      lateRight: [item('a', 20, 3)],
    }),
    watermark: stopped([left(['a', 10, 1], ['b', 11, 2]), watermark(20)], { out: [pair('a', 1, null)] }),
    barrier: drained(
      [
        left(['a', 10, 1], ['b', 10, 2]),
        watermark(12),
        restart,
        right(['a', 15, 3]),
        restart,
        right(['a', 20, 4]),
        watermark(20),
        restart,
        right(['b', 20, 5]),
      ],
      { out: [pair('a', 1, 3), pair('a', 1, 4), pair('b', 2, null)], lateRight: [item('b', 20, 5)] },
    ),
  },

  /** Of 10 ms; lateness 5 ms. */
  'window join': {
    ...nothing,
    ...interrupted({
      steps: [left(['a', 1, 1]), right(['a', 2, 2]), watermark(14)],
      rows: { out: [pair('a', 1, 2)] },
      more: [left(['a', 15, 3]), right(['a', 16, 4]), watermark(30)],
      poison: [left(['a', 15, 3]), right(['a', 16, POISON]), watermark(30)],
      uid: 'same-window',
    }),
    one: drained([left(['a', 3, 1])], { out: [pair('a', 1, null)] }),
    many: drained(
      //  a   left    1   2    |  3
      //      right          5 |
      //  window [0 ───────── 10)[10 ─────── 20)
      [left(['a', 1, 1], ['a', 4, 2], ['a', 12, 3], ['b', 5, 4]), right(['a', 9, 5], ['b', 15, 6], ['c', 3, 7])],
      {
        out: [
          pair('a', 1, 5),
          pair('a', 2, 5),
          pair('a', 3, null),
          pair('b', 4, null),
          pair('b', null, 6),
          pair('c', null, 7),
        ],
      },
    ),
    late: drained(
      //  window [0 ──────── 10)
      //  lateness           ░░░░░ 14
      //  wm                 13 → 2@5 joined;   14 → closed: @6 and @7 late
      [
        left(['a', 1, 1]),
        watermark(13),
        barrier,
        right(['a', 5, 2]),
        watermark(14),
        barrier,
        left(['a', 6, 4], ['a', 11, 8]),
        right(['a', 7, 5]),
      ],
      {
        out: [pair('a', 1, 2), pair('a', 8, null)],
        lateLeft: [item('a', 6, 4)],
        lateRight: [item('a', 7, 5)],
      },
    ),
    watermark: stopped([left(['a', 1, 1], ['b', 11, 3]), right(['b', 2, 2]), watermark(14)], {
      out: [pair('a', 1, null), pair('b', null, 2)],
    }),
    barrier: drained(
      [
        left(['a', 1, 1], ['b', 2, 2]),
        watermark(12),
        restart,
        right(['a', 3, 4]),
        watermark(14),
        restart,
        right(['b', 4, 8], ['b', 12, 16]),
      ],
      { out: [pair('a', 1, 4), pair('b', 2, null), pair('b', null, 16)], lateRight: [item('b', 4, 8)] },
    ),
  },

  'temporal join': {
    ...nothing,
    ...interrupted({
      steps: [left(['a', 10, 1]), right(['a', 8, 2]), watermark(10)],
      rows: { out: [pair('a', 1, 2)] },
      more: [left(['a', 15, 3]), watermark(20)],
      poison: [left(['a', 15, POISON]), watermark(20)],
      uid: 'versioned',
    }),
    one: drained([left(['a', 10, 1])], { out: [pair('a', 1, null)] }),
    many: drained(
      //  a   left  3@5        1@10        2@20
      //      right       6@8        5@15            of time 15 the one that came last holds: 7
      [
        left(['a', 10, 1], ['a', 20, 2], ['a', 5, 3], ['b', 10, 4]),
        right(['a', 15, 5], ['a', 8, 6], ['a', 15, 7], ['c', 10, 8]),
      ],
      { out: [pair('a', 1, 6), pair('a', 2, 7), pair('a', 3, null), pair('b', 4, null)] },
    ),
    late: drained(
      [right(['a', 5, 1]), watermark(10), barrier, left(['a', 10, 2], ['a', 11, 3]), right(['a', 10, 4], ['a', 12, 5])],
      { out: [pair('a', 3, 1)], lateLeft: [item('a', 10, 2)], lateRight: [item('a', 10, 4)] },
    ),
    watermark: stopped([left(['a', 10, 1], ['a', 11, 2]), right(['a', 11, 3]), watermark(10)], {
      out: [pair('a', 1, null)],
    }),
    barrier: drained(
      [
        left(['a', 11, 3], ['b', 11, 4]),
        right(['a', 5, 1], ['a', 12, 2]),
        watermark(10),
        restart,
        right(['a', 11, 5]),
        watermark(11),
        restart,
        left(['a', 13, 6], ['b', 11, 7]),
      ],
      { out: [pair('a', 3, 5), pair('b', 4, null), pair('a', 6, 2)], lateLeft: [item('b', 11, 7)] },
    ),
  },

  'lookup join': {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', 1, 1])],
      rows: { out: [found('a', 1, 'A')] },
      more: [batch(['a', 1, 2])],
      poison: [batch(['a', 1, 2], ['b', 1, POISON])],
      uid: 'looked-up',
    }),
    one: drained([batch(['a', 1, 1])], { out: [found('a', 1, 'A')] }),
    many: drained([batch(['a', 1, 1], [NOBODY, 1, 2]), batch(['a', 2, 3], ['b', 2, 4])], {
      out: [found('a', 1, 'A'), found('a', 3, 'A'), found('b', 4, 'B'), found(NOBODY, 2, null)],
    }),
    /** It judges nobody by time. */
    late: drained([batch(['a', 100, 1]), watermark(100), batch(['a', 1, 2])], {
      out: [found('a', 1, 'A'), found('a', 2, 'A')],
    }),
    watermark: stopped([watermark(50), batch(['a', 100, 1]), watermark(200), barrier], { out: [found('a', 1, 'A')] }),
    barrier: drained([batch(['a', 1, 1]), restart, batch(['a', 2, 2]), restart, batch([NOBODY, 3, 3])], {
      out: [found('a', 1, 'A'), found('a', 2, 'A'), found(NOBODY, 3, null)],
    }),
  },

  /** Rows are kept for 20 ms. */
  join: {
    ...nothing,
    ...interrupted({
      steps: [left(['a', 10, 1]), right(['a', 12, 2])],
      rows: { out: [pair('a', 1, 2)] },
      more: [right(['a', 13, 3])],
      poison: [right(['a', 13, POISON])],
      uid: 'whenever',
    }),
    one: drained([left(['a', 10, 1])], {}),
    many: drained([left(['a', 10, 1], ['a', 99, 2], ['b', 10, 3]), right(['a', 50, 4], ['a', 5, 5], ['c', 10, 6])], {
      out: [pair('a', 1, 4), pair('a', 1, 5), pair('a', 2, 4), pair('a', 2, 5)],
    }),
    /** What is forgotten is not met any more. A row that is older than that itself meets what is there, and is not kept. */
    late: drained(
      [
        left(['a', 10, 1], ['a', 11, 2]),
        watermark(31),
        barrier,
        right(['a', 40, 3], ['a', 5, 4]),
        barrier,
        left(['a', 12, 5]),
      ],
      { out: [pair('a', 2, 3), pair('a', 2, 4), pair('a', 5, 3)] },
    ),
    watermark: stopped(
      [left(['a', 10, 1]), watermark(30), barrier, right(['a', 30, 2]), watermark(31), barrier, right(['a', 31, 3])],
      { out: [pair('a', 1, 2)] },
    ),
    barrier: drained(
      [
        left(['a', 10, 1], ['b', 11, 2]),
        restart,
        right(['a', 12, 3]),
        watermark(31),
        restart,
        right(['a', 31, 4], ['b', 31, 5]),
        restart,
        left(['a', 32, 6]),
      ],
      { out: [pair('a', 1, 3), pair('b', 2, 5), pair('a', 6, 3), pair('a', 6, 4)] },
    ),
  },

  /** The same; a row without a match is taken back when its first one comes. */
  'left join': {
    ...nothing,
    ...interrupted({
      steps: [left(['a', 10, 1])],
      rows: { out: [change('insert', 'a', 1, null)] },
      more: [right(['a', 11, 2])],
      poison: [right(['a', 11, POISON])],
      uid: 'updating',
    }),
    one: drained([left(['a', 10, 1])], { out: [change('insert', 'a', 1, null)] }),
    many: drained(
      [left(['a', 10, 1], ['b', 10, 2]), barrier, right(['a', 11, 3], ['a', 12, 4]), barrier, left(['a', 13, 5])],
      {
        out: [
          change('insert', 'a', 1, null),
          change('insert', 'b', 2, null),
          change('update-before', 'a', 1, null),
          change('update-after', 'a', 1, 3),
          change('insert', 'a', 1, 4),
          change('insert', 'a', 5, 3),
          change('insert', 'a', 5, 4),
        ],
      },
    ),
    late: drained(
      [
        left(['a', 10, 1]),
        watermark(31),
        barrier,
        right(['a', 31, 2]),
        barrier,
        left(['a', 5, 3]),
        barrier,
        right(['a', 32, 4]),
      ],
      { out: [change('insert', 'a', 1, null), change('insert', 'a', 3, 2)] },
    ),
    watermark: stopped(
      [left(['a', 10, 1]), watermark(30), barrier, right(['a', 30, 2]), watermark(31), barrier, right(['a', 31, 3])],
      {
        out: [change('insert', 'a', 1, null), change('update-before', 'a', 1, null), change('update-after', 'a', 1, 2)],
      },
    ),
    barrier: drained([left(['a', 10, 1]), restart, right(['a', 11, 2]), restart, right(['a', 12, 3])], {
      out: [
        change('insert', 'a', 1, null),
        change('update-before', 'a', 1, null),
        change('update-after', 'a', 1, 2),
        change('insert', 'a', 1, 3),
      ],
    }),
  },
}
