/** STYLE's checklist for operators that say when records happen. */
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
import type { TIME_SUBJECTS } from './time-subjects.ts'

const session = (key: string, total: number, items: number) => ({ key, total, items: `${items}n` })

export const TIME_CASES: Readonly<Record<keyof typeof TIME_SUBJECTS, Cases>> = {
  /** Windows of 10 ms close when a record 6 ms behind their last millisecond has come. */
  'event time': {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', 1, 1], ['b', 15, 2])],
      rows: { out: [total('a', 0, 1, 1)] },
      more: [batch(['a', 25, 1])],
      poison: [batch(['a', 25, 1], ['c', 15, POISON])],
      uid: 'own-time',
    }),
    one: drained([batch(['a', 3, 1])], { out: [total('a', 0, 1, 1)] }),
    many: drained([batch(['a', 1, 5], ['b', 14, 7]), batch(['a', 12, 100], ['a', 9, 6])], {
      out: [total('a', 0, 11, 2), total('b', 10, 7, 1), total('a', 10, 100, 1)],
    }),
    /** A batch is judged by those before it: what comes behind its own greatest is in time. */
    late: drained([batch(['a', 1, 1]), batch(['a', 15, 2], ['a', 9, 4]), batch(['a', 8, 8])], {
      out: [total('a', 0, 5, 2), total('a', 10, 2, 1)],
      late: [item('a', 8, 8)],
    }),
    watermark: stopped([batch(['a', 1, 1]), watermark(100), batch(['b', 2, 2], ['a', 15, 4])], {
      out: [total('a', 0, 1, 1), total('b', 0, 2, 1)],
    }),
    barrier: drained(
      [batch(['a', 1, 1]), restart, batch(['a', 2, 2], ['b', 15, 4]), restart, batch(['b', 16, 16], ['a', 9, 8])],
      { out: [total('a', 0, 3, 2), total('b', 10, 20, 2)], late: [item('a', 9, 8)] },
    ),
  },

  /** No event time makes a record late. */
  'processing time': {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', 1, 1])],
      rows: {},
      more: [batch(['a', 2, 1]), watermark(10_000_000)],
      poison: [batch(['a', 2, POISON])],
      uid: 'sessions',
    }),
    one: drained([batch(['a', 1, 1])], { out: [session('a', 1, 1)] }),
    many: drained([batch(['a', 1, 5], ['b', 9_000_000, 7]), batch(['a', 8_000_000, 6])], {
      out: [session('a', 11, 2), session('b', 7, 1)],
    }),
    late: drained([batch(['a', 9_000_000, 1]), watermark(9_000_000), batch(['a', 5, 2])], {
      out: [session('a', 3, 2)],
    }),
    watermark: stopped([batch(['a', 1, 1]), watermark(9_000_000)], {}),
    barrier: drained([batch(['a', 1, 1]), restart, batch(['a', 1, 2], ['b', 1, 4]), restart, batch(['a', 1, 8])], {
      out: [session('a', 11, 3), session('b', 4, 1)],
    }),
  },
}
