/** STYLE's checklist for operators that keep something of each key. */
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
import type { KEYED_SUBJECTS } from './keyed-subjects.ts'
import { POISON } from './poison.ts'

const change = (kind: string, key: string, total: number, items: number) => ({ key, total, items: `${items}n`, kind })
/** From a total to the next. */
const update = (key: string, [fromTotal, fromItems]: Total, [total, items]: Total) => [
  change('update-before', key, fromTotal, fromItems),
  change('update-after', key, total, items),
]
type Total = readonly [total: number, items: number]

export const KEYED_CASES: Readonly<Record<keyof typeof KEYED_SUBJECTS, Cases>> = {
  /** Within 100 ms. */
  deduplicate: {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', 10, 1])],
      rows: { out: [item('a', 10, 1)] },
      more: [batch(['b', 10, 2])],
      poison: [batch(['b', 10, 2], [null, 10, 3])],
      uid: 'keyBy-1',
    }),
    one: drained([batch(['a', 10, 1])], { out: [item('a', 10, 1)] }),
    many: drained([batch(['a', 10, 1], ['b', 11, 2], ['a', 10, 3]), batch(['b', 12, 4], ['c', 12, 5])], {
      out: [item('a', 10, 1), item('b', 11, 2), item('c', 12, 5)],
    }),
    late: drained([watermark(200), batch(['a', 100, 1], ['b', 99, 2])], {
      out: [item('a', 100, 1)],
      late: [item('b', 99, 2)],
    }),
    watermark: drained(
      //  event    a@10 ............... a@110 (new record of the same id)
      //  watermark      110 → known     111 → forgotten
      [batch(['a', 10, 1]), watermark(110), batch(['a', 110, 2]), watermark(111), batch(['a', 110, 3])],
      { out: [item('a', 10, 1), item('a', 110, 3)] },
    ),
    barrier: drained(
      [
        batch(['a', 10, 1], ['b', 120, 2]),
        watermark(60),
        restart,
        batch(['a', 10, 3], ['b', 120, 4], ['c', -41, 5], ['d', 60, 6]),
        watermark(115),
        restart,
        batch(['a', 115, 7], ['b', 120, 8]),
      ],
      {
        out: [item('a', 10, 1), item('b', 120, 2), item('d', 60, 6), item('a', 115, 7)],
        late: [item('c', -41, 5)],
      },
    ),
  },

  /** One change a key and batch, so barriers say where batches end. It judges nobody by time. */
  'running aggregate': {
    ...nothing,
    ...interrupted({
      steps: [batch(['a', 1, 5])],
      rows: { out: [change('insert', 'a', 5, 1)] },
      more: [batch(['a', 2, 6])],
      poison: [batch(['a', 2, 6], ['b', 2, POISON])],
      uid: 'so-far',
    }),
    one: drained([batch(['a', 1, 5])], { out: [change('insert', 'a', 5, 1)] }),
    many: drained([batch(['a', 1, 5], ['b', 1, 7], ['a', 2, 6]), barrier, batch(['b', 3, 1])], {
      out: [change('insert', 'a', 11, 2), change('insert', 'b', 7, 1), ...update('b', [7, 1], [8, 2])],
    }),
    late: drained([batch(['a', 100, 1]), watermark(100), barrier, batch(['a', 1, 2])], {
      out: [change('insert', 'a', 1, 1), ...update('a', [1, 1], [3, 2])],
    }),
    watermark: stopped([watermark(50), batch(['a', 100, 1]), watermark(200)], { out: [change('insert', 'a', 1, 1)] }),
    barrier: drained(
      [batch(['a', 1, 1], ['b', 1, 2]), restart, batch(['a', 2, 4]), restart, batch(['b', 3, 8], ['a', 3, 16])],
      {
        out: [
          change('insert', 'a', 1, 1),
          change('insert', 'b', 2, 1),
          ...update('a', [1, 1], [5, 2]),
          ...update('b', [2, 1], [10, 2]),
          ...update('a', [5, 2], [21, 3]),
        ],
      },
    ),
  },
}
