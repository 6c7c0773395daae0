/** Operators that say when records happen, before a window that goes by it. */
import {
  aggregate,
  count,
  eventTime,
  keyBy,
  processingTime,
  session,
  sum,
  tumbling,
  window,
  windowStart,
} from '../../../operators/index.ts'
import { hours, milliseconds } from '../../../topology/duration.ts'
import { stand } from './poison.ts'
import type { Item, Subject } from './script.ts'

const totals = { total: sum(({ n }: Item) => n), items: count() }

function timeOf({ at, n }: Item): number {
  stand(n)
  return Number(at / 1000n)
}

export const TIME_SUBJECTS = {
  /** It replaces the watermarks of the script: a record is 5 ms behind the greatest before it at most. */
  'event time': {
    build: (input) =>
      input.pipe(
        eventTime(timeOf, {
          outOfOrderness: milliseconds(5),
          align: { group: 'conformance', maxDrift: milliseconds(100) },
          name: 'own-time',
        }),
        keyBy('key'),
        window(tumbling(milliseconds(10))),
        aggregate({ start: windowStart(), ...totals }, { name: 'totals' }),
      ),
  },

  /** No two records of a test are an hour apart, whatever event times they say. It calls no function of a user. */
  'processing time': {
    build: (input) =>
      input.pipe(
        processingTime(),
        keyBy('key'),
        window(session(hours(1))),
        aggregate({ total: sum(({ n }: Item) => stand(n)), items: count() }, { name: 'sessions' }),
      ),
  },
} as const satisfies Readonly<Record<string, Subject>>
