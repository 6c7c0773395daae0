/** Windows of event time that the list is run against. */
import { z } from 'zod'
import {
  aggregate,
  apply,
  count,
  keyBy,
  session,
  sliding,
  sum,
  tumbling,
  twoPhaseAggregate,
  window,
  windowAll,
  windowStart,
} from '../../../operators/index.ts'
import { days, milliseconds } from '../../../topology/duration.ts'
import { int, timestamptz } from '../../../topology/schema/index.ts'
import { stand } from './poison.ts'
import type { Item, Subject } from './script.ts'

const totals = { start: windowStart(), total: sum(({ n }: Item) => stand(n)), items: count() }
const tens = tumbling(milliseconds(10))
const lateness = { allowedLateness: milliseconds(5) }

export const WINDOW_SUBJECTS = {
  'window aggregate': {
    build: (input) => input.pipe(keyBy('key'), window(tens, lateness), aggregate(totals, { name: 'totals' })),
  },

  'sliding windows': {
    build: (input) =>
      input.pipe(
        keyBy('key'),
        window(sliding(milliseconds(20), milliseconds(10)), lateness),
        aggregate(totals, { name: 'sliding' }),
      ),
  },

  sessions: {
    build: (input) =>
      input.pipe(keyBy('key'), window(session(milliseconds(10)), lateness), aggregate(totals, { name: 'sessions' })),
  },

  'day windows of a zone': {
    build: (input) =>
      input.pipe(
        keyBy('key'),
        window(tumbling(days(1), { timeZone: 'Europe/Berlin' }), lateness),
        aggregate(totals, { name: 'days' }),
      ),
  },

  'window all': {
    build: (input) => input.pipe(windowAll(tens, lateness), aggregate(totals, { name: 'of-all' })),
  },

  'window apply': {
    build: (input) =>
      input.pipe(
        keyBy('key'),
        window(tens, lateness),
        apply({
          name: 'listed',
          output: z.object({ key: z.string(), start: timestamptz(), ns: z.array(int()) }),
          onWindow: (rows, { key, window, emit }) =>
            emit({ key, start: BigInt(window.startMs) * 1000n, ns: rows.map(({ n }) => stand(n)) }),
        }),
      ),
  },

  'two-phase aggregate': {
    build: (input) =>
      input.pipe(keyBy('key'), window(tens, lateness), twoPhaseAggregate(totals, { name: 'in-two-phases' })),
  },
} as const satisfies Readonly<Record<string, Subject>>
