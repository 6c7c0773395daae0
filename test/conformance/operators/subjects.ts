/** The operators that the list is run against. */
import { z } from 'zod'
import {
  aggregate,
  asyncMap,
  count,
  deduplicate,
  keyBy,
  process,
  session,
  sliding,
  sum,
  tumbling,
  window,
  windowStart,
} from '../../../operators/index.ts'
import { milliseconds } from '../../../topology/duration.ts'
import { int } from '../../../topology/schema/index.ts'
import { listState } from '../../../topology/state/list-state.ts'
import { valueState } from '../../../topology/state/value-state.ts'
import { JOIN_SUBJECTS } from './join-subjects.ts'
import { stand } from './poison.ts'
import { RANKING_SUBJECTS } from './ranking-subjects.ts'
import type { Item, Subject } from './script.ts'

const totals = { start: windowStart(), total: sum(({ n }: Item) => stand(n)), items: count() }

export const SUBJECTS = {
  ...JOIN_SUBJECTS,
  ...RANKING_SUBJECTS,

  'sliding windows': {
    build: (input) =>
      input.pipe(
        keyBy('key'),
        window(sliding(milliseconds(20), milliseconds(10)), { allowedLateness: milliseconds(5) }),
        aggregate(totals, { name: 'sliding' }),
      ),
  },

  sessions: {
    build: (input) =>
      input.pipe(
        keyBy('key'),
        window(session(milliseconds(10)), { allowedLateness: milliseconds(5) }),
        aggregate(totals, { name: 'sessions' }),
      ),
  },

  /** A key of null makes it throw: it calls no function of a user. */
  deduplicate: { build: (input) => input.pipe(deduplicate({ by: 'key', within: milliseconds(100) })) },

  'window aggregate': {
    build: (input) =>
      input.pipe(
        keyBy('key'),
        window(tumbling(milliseconds(10)), { allowedLateness: milliseconds(5) }),
        aggregate(totals, { name: 'totals' }),
      ),
  },

  process: {
    build: (input) => ({
      out: input.pipe(
        keyBy('key'),
        process({
          name: 'running-sum',
          state: { total: valueState('total', { schema: int(), default: 0 }) },
          output: z.object({ key: z.string(), total: int() }),
          onRecord: ({ n }, { key, state, emit }) =>
            emit({ key, total: state.total.update((before) => before + stand(n)) }),
        }),
      ),
    }),
  },

  /** Of a key's records the timer, 10 ms behind the first, tells n of all that are no older than 20 ms. */
  'process timers': {
    build: (input) => {
      const { out, told } = input.pipe(
        keyBy('key'),
        process({
          name: 'told',
          state: { recent: listState('recent', { element: int(), ttl: { after: milliseconds(20), time: 'event' } }) },
          output: z.object({ key: z.string(), n: int() }),
          sides: { told: z.object({ key: z.string(), recent: z.array(int()) }) },
          onRecord({ n }, { key, state, timers, timestampMs, emit }) {
            if (state.recent.get().length === 0) timers.eventTime(timestampMs! + 10)
            state.recent.append(stand(n))
            emit({ key, n })
          },
          onTimer: (_timer, { key, state, emitTo }) => emitTo('told', { key, recent: state.recent.get() }),
        }),
      )
      return { out, told }
    },
  },

  'async map': {
    build: (input) => ({
      out: input.pipe(asyncMap(async ({ key, n }: Item) => ({ key, twice: 2 * stand(n) }), { name: 'asked' })),
    }),
  },
} as const satisfies Readonly<Record<string, Subject>>

export type SubjectName = keyof typeof SUBJECTS
