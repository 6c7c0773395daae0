/** STYLE's checklist for operators that look at a key's records in an order. */
import {
  barrier,
  batch,
  type Cases,
  drained,
  interrupted,
  item,
  nothing,
  restart,
  stopped,
  watermark,
} from './checklist.ts'
import { POISON } from './poison.ts'
import type { RANKING_SUBJECTS } from './ranking-subjects.ts'

type Change = ReturnType<typeof change>
const change = (kind: string, key: string, atMs: number, n: number) => ({ ...item(key, atMs, n), kind })
/** Where it stands. */
const at = (rank: number, { kind, ...row }: Change) => ({ ...row, rank, kind })

export const RANKING_CASES: Readonly<Record<keyof typeof RANKING_SUBJECTS, Cases>> = {
  'top n': {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', 1, 5])],
      rows: { out: [at(1, change('insert', 'a', 1, 5))] },
      more: [batch(['a', 2, 6])],
      poison: [batch(['a', 2, 6], ['b', 2, POISON])],
      uid: 'top',
    }),
    one: drained([batch(['a', 1, 5])], { out: [at(1, change('insert', 'a', 1, 5))] }),
    /** One change a place and batch; of equals the earlier one stands first. */
    many: drained([batch(['a', 1, 5], ['a', 2, 7], ['b', 1, 1], ['a', 3, 6]), barrier, batch(['a', 1, 7])], {
      out: [
        at(1, change('insert', 'a', 2, 7)),
        at(2, change('insert', 'a', 3, 6)),
        at(1, change('insert', 'b', 1, 1)),
        at(1, change('update-before', 'a', 2, 7)),
        at(1, change('update-after', 'a', 1, 7)),
        at(2, change('update-before', 'a', 3, 6)),
        at(2, change('update-after', 'a', 2, 7)),
      ],
    }),
    /** It judges nobody by time. */
    late: drained([batch(['a', 100, 5]), watermark(100), barrier, batch(['a', 1, 4])], {
      out: [at(1, change('insert', 'a', 100, 5)), at(2, change('insert', 'a', 1, 4))],
    }),
    watermark: stopped([watermark(50), batch(['a', 100, 1]), watermark(200)], {
      out: [at(1, change('insert', 'a', 100, 1))],
    }),
    barrier: drained(
      [batch(['a', 1, 5], ['b', 1, 5]), restart, batch(['a', 2, 4]), restart, batch(['a', 3, 6], ['b', 3, 4])],
      {
        out: [
          at(1, change('insert', 'a', 1, 5)),
          at(1, change('insert', 'b', 1, 5)),
          at(2, change('insert', 'a', 2, 4)),
          at(1, change('update-before', 'a', 1, 5)),
          at(1, change('update-after', 'a', 3, 6)),
          at(2, change('update-before', 'a', 2, 4)),
          at(2, change('update-after', 'a', 1, 5)),
          at(2, change('insert', 'b', 3, 4)),
        ],
      },
    ),
  },

  latest: {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', 1, 5])],
      rows: { out: [change('insert', 'a', 1, 5)] },
      more: [batch(['a', 2, 6])],
      poison: [batch(['a', 2, 6], ['b', 2, POISON])],
      uid: 'last',
    }),
    one: drained([batch(['a', 1, 5])], { out: [change('insert', 'a', 1, 5)] }),
    /** Of equals the one that arrived last. */
    many: drained([batch(['a', 1, 5], ['a', 2, 4], ['b', 1, 1]), barrier, batch(['a', 1, 3], ['a', 4, 5])], {
      out: [
        change('insert', 'a', 1, 5),
        change('insert', 'b', 1, 1),
        change('update-before', 'a', 1, 5),
        change('update-after', 'a', 4, 5),
      ],
    }),
    /** It judges nobody by time. */
    late: drained([batch(['a', 100, 5]), watermark(100), barrier, batch(['a', 1, 6])], {
      out: [change('insert', 'a', 100, 5), change('update-before', 'a', 100, 5), change('update-after', 'a', 1, 6)],
    }),
    watermark: stopped([watermark(50), batch(['a', 100, 1]), watermark(200)], {
      out: [change('insert', 'a', 100, 1)],
    }),
    barrier: drained(
      [batch(['a', 1, 5], ['b', 1, 5]), restart, batch(['a', 2, 4], ['b', 2, 6]), restart, batch(['a', 3, 6])],
      {
        out: [
          change('insert', 'a', 1, 5),
          change('insert', 'b', 1, 5),
          change('update-before', 'b', 1, 5),
          change('update-after', 'b', 2, 6),
          change('update-before', 'a', 1, 5),
          change('update-after', 'a', 3, 6),
        ],
      },
    ),
  },

  /** Within 20 ms. */
  pattern: {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', 1, 1], ['a', 2, 10]), watermark(2)],
      rows: { out: [{ key: 'a', first: 1, tenfold: 10 }] },
      more: [batch(['a', 3, 1], ['a', 4, 10]), watermark(4)],
      poison: [batch(['a', 3, 1], ['a', 4, POISON]), watermark(4)],
      uid: 'tenfold',
    }),
    /** A drain ends what has begun. */
    one: drained([batch(['a', 1, 1])], { timedOut: [{ key: 'a', first: 1 }] }),
    /** In the order of their times; each is followed by one. */
    many: drained([batch(['a', 3, 10], ['b', 2, 2], ['a', 5, 10]), batch(['b', 30, 20], ['a', 1, 1])], {
      out: [{ key: 'a', first: 1, tenfold: 10 }],
      timedOut: [{ key: 'b', first: 2 }],
    }),
    late: drained([batch(['a', 1, 1]), watermark(5), batch(['a', 5, 10], ['a', 6, 10])], {
      out: [{ key: 'a', first: 1, tenfold: 10 }],
      late: [item('a', 5, 10)],
    }),
    watermark: stopped([batch(['a', 1, 1], ['a', 10, 10], ['a', 11, 2], ['a', 12, 20], ['b', 1, 3]), watermark(11)], {
      out: [{ key: 'a', first: 1, tenfold: 10 }],
    }),
    barrier: drained(
      [
        batch(['a', 1, 1], ['b', 1, 2], ['c', 4, 3]),
        watermark(1),
        restart,
        batch(['a', 3, 10]),
        watermark(3),
        restart,
        watermark(21),
        batch(['b', 21, 20], ['c', 22, 30]),
      ],
      {
        out: [
          { key: 'a', first: 1, tenfold: 10 },
          { key: 'c', first: 3, tenfold: 30 },
        ],
        timedOut: [{ key: 'b', first: 2 }],
        late: [item('b', 21, 20)],
      },
    ),
  },
}
