/** STYLE's checklist for operators of one record at a time. */
import type { Json } from '../../../topology/json.ts'
import { type Cases, item } from './checklist.ts'
import type { ROW_SUBJECTS } from './row-subjects.ts'
import { stateless } from './stateless.ts'

const to = (port: string, ...rows: readonly Json[]) => ({ [port]: rows })

export const ROW_CASES: Readonly<Record<keyof typeof ROW_SUBJECTS, Cases>> = {
  map: stateless({ uid: 'map-1', of: (key, _atMs, n) => to('out', { key, twice: 2 * n }) }),

  filter: stateless({ uid: 'filter-1', of: (key, atMs, n) => (n % 2 === 1 ? to('out', item(key, atMs, n)) : {}) }),

  'flat map': stateless({
    uid: 'flatMap-1',
    of: (key, _atMs, n) => to('out', ...Array.from({ length: n }, (_, index) => ({ key, index }))),
  }),

  branch: stateless({
    uid: 'branch-1',
    of: (key, atMs, n) => to(n === 2 ? 'two' : 'odd', item(key, atMs, n)),
  }),

  select: stateless({ uid: 'standing', of: (_key, _atMs, n) => to('out', { n }) }),

  union: stateless({ uid: 'standing', of: (key, atMs, n) => to('out', item(key, atMs, n), item(key, atMs, n)) }),

  rebalance: stateless({ uid: 'standing', of: (key, atMs, n) => to('out', item(key, atMs, n)) }),

  single: stateless({ uid: 'standing', of: (key, atMs, n) => to('out', item(key, atMs, n)) }),

  cleanse: stateless({ uid: 'standing', of: (key, atMs, n) => to('out', item(key.toUpperCase(), atMs, n)) }),

  expect: stateless({
    uid: 'expect-1',
    of: (key, atMs, n) => (n === 2 ? to('quarantined', { key, rule: 'not_two' }) : to('out', item(key, atMs, n))),
  }),

  quarantine: stateless({ uid: 'standing', of: (key) => to('out', { key, rule: 'unwanted' }) }),

  'async map': stateless({ uid: 'asked', of: (key, _atMs, n) => to('out', { key, twice: 2 * n }) }),
}
