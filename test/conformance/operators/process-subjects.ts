/** Functions with state of their own that the list is run against. */
import { z } from 'zod'
import { aggregatingState, avg, coProcess, keyBy, process, processWithBroadcast } from '../../../operators/index.ts'
import { milliseconds } from '../../../topology/duration.ts'
import { double, int } from '../../../topology/schema/index.ts'
import { listState } from '../../../topology/state/list-state.ts'
import { mapState } from '../../../topology/state/map-state.ts'
import { reducingState } from '../../../topology/state/reducing-state.ts'
import { valueState } from '../../../topology/state/value-state.ts'
import { stand } from './poison.ts'
import type { Subject } from './script.ts'

export const PROCESS_SUBJECTS = {
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

  /** One of each kind; `last` lives for 20 ms. */
  'kinds of state': {
    build: (input) => ({
      out: input.pipe(
        keyBy('key'),
        process({
          name: 'all-kinds',
          state: {
            last: valueState('last', { schema: int(), ttl: { after: milliseconds(20), time: 'event' } }),
            seen: listState('seen', { element: int() }),
            times: mapState('times', { key: int(), value: int() }),
            greatest: reducingState('greatest', { schema: int(), reduce: (a, b) => Math.max(stand(a), stand(b)) }),
            mean: aggregatingState('mean', z.object({ n: double() }), avg('n')),
          },
          output: z.object({
            key: z.string(),
            last: int().nullable(),
            seen: z.array(int()),
            times: int(),
            greatest: int(),
            mean: double(),
          }),
          onRecord({ n }, { key, state, emit }) {
            const last = state.last.get() ?? null
            state.last.set(n)
            state.seen.append(n)
            state.times.set(n, (state.times.get(n) ?? 0) + 1)
            state.greatest.add(n)
            state.mean.add({ n })
            emit({
              key,
              last,
              seen: state.seen.get(),
              times: state.times.get(n)!,
              greatest: state.greatest.get()!,
              mean: state.mean.get()!,
            })
          },
        }),
      ),
    }),
  },

  /** A key's balance: what the left input brings less what the right one takes, which goes out when that does. */
  'co-process': {
    build: (left, right) => ({
      out: left.pipe(
        keyBy('key'),
        coProcess(right.pipe(keyBy('key')), {
          name: 'balance',
          state: { balance: valueState('balance', { schema: int(), default: 0 }) },
          output: z.object({ key: z.string(), balance: int() }),
          onLeft: ({ n }, { state }) => void state.balance.update((before) => before + stand(n)),
          onRight: ({ n }, { key, state, emit }) =>
            emit({ key, balance: state.balance.update((before) => before - stand(n)) }),
        }),
      ),
    }),
  },

  /** By how much a record is over the limit that was broadcast for its key, or over none. */
  'process with broadcast': {
    build: (input, limits) => ({
      out: input.pipe(
        keyBy('key'),
        processWithBroadcast(limits, {
          name: 'over-limit',
          state: { times: valueState('times', { schema: int(), default: 0 }) },
          broadcast: { limits: mapState('limits', { key: z.string(), value: int() }) },
          output: z.object({ key: z.string(), over: int(), times: int() }),
          onBroadcast: ({ key, n }, { broadcast }) => broadcast.limits.set(key, stand(n)),
          onRecord({ n }, { key, state, broadcast, emit }) {
            const over = stand(n) - (broadcast.limits.get(key) ?? 0)
            if (over > 0) emit({ key, over, times: state.times.update((before) => before + 1) })
          },
        }),
      ),
    }),
  },
} as const satisfies Readonly<Record<string, Subject>>
