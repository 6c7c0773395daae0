/** The joins that the list is run against. */
import {
  changes,
  intervalJoin,
  join,
  keyBy,
  lookupJoin,
  temporalJoin,
  tumbling,
  window,
  windowJoin,
} from '../../../operators/index.ts'
import { milliseconds, minutes } from '../../../topology/duration.ts'
import { stand } from './poison.ts'
import type { Item, Subject } from './script.ts'

const pair = (left: Item | null, right: Item | null) => ({
  key: (left ?? right)!.key,
  left: left === null ? null : stand(left.n),
  right: right === null ? null : stand(right.n),
})

/** Whose rows are looked up by key: one has none. */
export const NOBODY = 'nobody'

export const JOIN_SUBJECTS = {
  'interval join': {
    build: (left, right) =>
      left.pipe(
        keyBy('key'),
        intervalJoin(right.pipe(keyBy('key')), {
          lower: milliseconds(-5),
          upper: milliseconds(10),
          type: 'full',
          select: pair,
          name: 'near',
        }),
      ),
  },

  'window join': {
    build: (left, right) =>
      left.pipe(
        keyBy('key'),
        window(tumbling(milliseconds(10)), { allowedLateness: milliseconds(5) }),
        windowJoin(right.pipe(keyBy('key')), { type: 'full', select: pair, name: 'same-window' }),
      ),
  },

  'temporal join': {
    build: (left, right) =>
      left.pipe(
        keyBy('key'),
        temporalJoin(right.pipe(keyBy('key')), { type: 'left', select: pair, name: 'versioned' }),
      ),
  },

  'lookup join': {
    build: (input) => ({
      out: input.pipe(
        lookupJoin({
          by: ({ key, n }: Item) => (stand(n) === n ? key : ''),
          load: async (key) => (key === NOBODY ? null : { owner: key.toUpperCase() }),
          cache: { capacity: 100, ttl: minutes(1) },
          type: 'left',
          select: ({ key, n }, found) => ({ key, n, owner: found?.owner ?? null }),
          name: 'looked-up',
        }),
      ),
    }),
  },

  join: {
    build: (left, right) => ({
      out: left.pipe(
        keyBy('key'),
        join(right.pipe(keyBy('key')), { ttl: milliseconds(20), select: pair, name: 'whenever' }),
      ),
    }),
  },

  'left join': {
    build: (left, right) => ({
      out: left.pipe(
        keyBy('key'),
        join(right.pipe(keyBy('key')), { ttl: milliseconds(20), type: 'left', select: pair, name: 'updating' }),
        changes(),
      ),
    }),
  },
} as const satisfies Readonly<Record<string, Subject>>
