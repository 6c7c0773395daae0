/** STYLE's checklist for functions with state of their own. */
import {
  barrier,
  batch,
  type Cases,
  drained,
  interrupted,
  left,
  nothing,
  restart,
  right,
  stopped,
  watermark,
} from './checklist.ts'
import { POISON } from './poison.ts'
import type { PROCESS_SUBJECTS } from './process-subjects.ts'

const sum = (key: string, total: number) => ({ key, total })
const out = (key: string, n: number) => ({ key, n })
const told = (key: string, ...recent: number[]) => ({ key, recent })
const balance = (key: string, balance: number) => ({ key, balance })
const over = (key: string, over: number, times: number) => ({ key, over, times })

/** What is known of a key behind the last of `seen`. */
const known = (key: string, last: number | null, ...seen: number[]) => ({
  key,
  last,
  seen,
  times: seen.filter((n) => n === seen.at(-1)).length,
  greatest: Math.max(...seen),
  mean: seen.reduce((a, b) => a + b) / seen.length,
})

export const PROCESS_CASES: Readonly<Record<keyof typeof PROCESS_SUBJECTS, Cases>> = {
  /** It judges nobody by time. */
  process: {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', 1, 1])],
      rows: { out: [sum('a', 1)] },
      more: [batch(['a', 1, 1])],
      poison: [batch(['a', 1, 1], ['b', 1, POISON])],
      uid: 'running-sum',
    }),
    one: drained([batch(['a', 1, 5])], { out: [sum('a', 5)] }),
    many: drained([batch(['a', 1, 5], ['b', 1, 7], ['a', 2, 6]), batch(['b', 3, 1])], {
      out: [sum('a', 5), sum('a', 11), sum('b', 7), sum('b', 8)],
    }),
    late: drained([batch(['a', 100, 1]), watermark(100), batch(['a', 1, 2])], { out: [sum('a', 1), sum('a', 3)] }),
    watermark: stopped([watermark(50), batch(['a', 100, 1]), watermark(200)], { out: [sum('a', 1)] }),
    barrier: drained(
      [batch(['a', 1, 1], ['b', 1, 2]), restart, batch(['a', 2, 4]), restart, batch(['b', 3, 8], ['a', 3, 16])],
      { out: [sum('a', 1), sum('b', 2), sum('a', 5), sum('b', 10), sum('a', 21)] },
    ),
  },

  'process timers': {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', 1, 1])],
      rows: { out: [out('a', 1)] },
      more: [batch(['a', 1, 2])],
      poison: [batch(['a', 1, POISON])],
      uid: 'told',
    }),
    /** A drain fires what is there. */
    one: drained([batch(['a', 1, 5])], { out: [out('a', 5)], told: [told('a', 5)] }),
    many: drained([batch(['a', 1, 5], ['b', 1, 7], ['a', 2, 6]), batch(['b', 3, 1])], {
      out: [out('a', 5), out('a', 6), out('b', 1), out('b', 7)],
      told: [told('a', 5, 6), told('b', 7, 1)],
    }),
    /** A timer that the watermark has passed fires at once. */
    late: stopped([watermark(100), batch(['a', 50, 1])], { out: [out('a', 1)], told: [told('a', 1)] }),
    watermark: stopped([batch(['a', 100, 1]), watermark(109), batch(['a', 105, 2]), watermark(110)], {
      out: [out('a', 1), out('a', 2)],
      told: [told('a', 1, 2)],
    }),
    /** The first record has expired when the timer fires, the second when the third comes. */
    barrier: stopped(
      [
        batch(['a', 100, 1]),
        restart,
        batch(['a', 119, 2]),
        restart,
        watermark(130),
        batch(['a', 140, 3]),
        restart,
        watermark(150),
      ],
      { out: [out('a', 1), out('a', 2), out('a', 3)], told: [told('a', 2), told('a', 3)] },
    ),
  },

  'kinds of state': {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', 1, 1])],
      rows: { out: [known('a', null, 1)] },
      more: [batch(['a', 1, 2])],
      poison: [batch(['a', 1, POISON])],
      uid: 'all-kinds',
    }),
    one: drained([batch(['a', 1, 5])], { out: [known('a', null, 5)] }),
    many: drained([batch(['a', 1, 5], ['b', 1, 7], ['a', 2, 3]), batch(['a', 3, 5])], {
      out: [known('a', null, 5), known('a', 5, 5, 3), known('a', 3, 5, 3, 5), known('b', null, 7)],
    }),
    /** By its own time the state would live; by the watermark it has expired. */
    late: drained([batch(['a', 100, 1]), watermark(120), batch(['a', 101, 2])], {
      out: [known('a', null, 1), known('a', null, 1, 2)],
    }),
    watermark: stopped([batch(['a', 100, 1]), watermark(119), batch(['a', 101, 2]), watermark(200)], {
      out: [known('a', null, 1), known('a', 1, 1, 2)],
    }),
    barrier: drained(
      [
        batch(['a', 100, 4], ['b', 100, 2]),
        restart,
        batch(['a', 119, 3]),
        watermark(120),
        restart,
        batch(['b', 121, 8], ['a', 121, 4]),
      ],
      {
        out: [
          known('a', null, 4),
          known('b', null, 2),
          known('a', 4, 4, 3),
          known('b', null, 2, 8),
          known('a', 3, 4, 3, 4),
        ],
      },
    ),
  },

  'co-process': {
    ...nothing,
    ...interrupted({
      steps: [left(['a', 1, 5]), barrier, right(['a', 1, 2])],
      rows: { out: [balance('a', 3)] },
      more: [right(['a', 1, 1])],
      poison: [right(['a', 1, POISON])],
      uid: 'balance',
    }),
    one: drained([right(['a', 1, 5])], { out: [balance('a', -5)] }),
    many: drained(
      [left(['a', 1, 5], ['b', 1, 7], ['a', 2, 6]), barrier, right(['a', 2, 1], ['b', 2, 2]), right(['a', 3, 4])],
      { out: [balance('a', 10), balance('b', 5), balance('a', 6)] },
    ),
    late: drained([left(['a', 100, 5]), watermark(100), barrier, right(['a', 1, 2])], { out: [balance('a', 3)] }),
    watermark: stopped([watermark(50), left(['a', 100, 5]), watermark(200), barrier, right(['a', 1, 2])], {
      out: [balance('a', 3)],
    }),
    barrier: drained(
      [
        left(['a', 1, 9], ['b', 1, 4]),
        restart,
        right(['a', 1, 2]),
        restart,
        left(['a', 1, 1]),
        barrier,
        right(['a', 2, 3], ['b', 1, 1]),
      ],
      { out: [balance('a', 7), balance('a', 5), balance('b', 3)] },
    ),
  },

  /** Every subtask knows what was broadcast, also those that a rescale adds. */
  'process with broadcast': {
    ...nothing,
    ...interrupted({
      steps: [right(['a', 1, 5]), barrier, left(['a', 1, 7])],
      rows: { out: [over('a', 2, 1)] },
      more: [left(['a', 1, 8])],
      poison: [right(['b', 1, POISON])],
      uid: 'over-limit',
    }),
    one: drained([left(['a', 1, 5])], { out: [over('a', 5, 1)] }),
    many: drained(
      [
        right(['a', 1, 5], ['b', 1, 1]),
        barrier,
        left(['a', 1, 5], ['a', 2, 6], ['b', 1, 4], ['c', 1, 1]),
        barrier,
        right(['a', 1, 1]),
        barrier,
        left(['a', 3, 5]),
      ],
      { out: [over('a', 1, 1), over('b', 3, 1), over('c', 1, 1), over('a', 4, 2)] },
    ),
    late: drained([right(['a', 100, 5]), watermark(100), barrier, left(['a', 1, 7])], { out: [over('a', 2, 1)] }),
    watermark: stopped([watermark(50), right(['a', 100, 5]), watermark(200), barrier, left(['a', 1, 7])], {
      out: [over('a', 2, 1)],
    }),
    barrier: drained(
      [
        right(['a', 1, 5], ['b', 1, 1], ['c', 1, 3]),
        restart,
        left(['a', 1, 6], ['b', 1, 2]),
        restart,
        left(['a', 1, 7], ['c', 1, 4]),
        right(['d', 1, 1]),
        restart,
        left(['d', 1, 3]),
      ],
      { out: [over('a', 1, 1), over('b', 1, 1), over('a', 2, 2), over('c', 1, 1), over('d', 2, 1)] },
    ),
  },
}
