/** Windows that fire before their end, or have none, which the list is run against. */
import {
  aggregate,
  count,
  countWindow,
  early,
  every,
  global,
  keyBy,
  onCount,
  onEventTime,
  purging,
  sum,
  tumbling,
  window,
  windowStart,
} from '../../../operators/index.ts'
import { milliseconds } from '../../../topology/duration.ts'
import { stand } from './poison.ts'
import type { Item, Subject } from './script.ts'

const totals = { total: sum(({ n }: Item) => stand(n)), items: count() }
const totalsOfWindow = { start: windowStart(), ...totals }

export const TRIGGER_SUBJECTS = {
  'early firings': {
    build: (input) =>
      input.pipe(
        keyBy('key'),
        window(tumbling(milliseconds(20)), {
          allowedLateness: milliseconds(5),
          trigger: early(every(milliseconds(5), { time: 'event' }), onEventTime({ lateFirings: true })),
        }),
        aggregate(totalsOfWindow, { name: 'early' }),
      ),
  },

  'counted firings': {
    build: (input) =>
      input.pipe(
        keyBy('key'),
        window(tumbling(milliseconds(10)), { trigger: purging(onCount(2)) }),
        aggregate(totalsOfWindow, { name: 'pairs' }),
      ),
  },

  'global window': {
    build: (input) => ({
      out: input.pipe(
        keyBy('key'),
        window(global(), { trigger: onCount(2) }),
        aggregate(totals, { name: 'of-all-time' }),
      ).out,
    }),
  },

  /** The last four, at every second one. */
  'count windows': {
    build: (input) => ({
      out: input.pipe(keyBy('key'), window(countWindow(4, 2)), aggregate(totals, { name: 'last-four' })).out,
    }),
  },
} as const satisfies Readonly<Record<string, Subject>>
