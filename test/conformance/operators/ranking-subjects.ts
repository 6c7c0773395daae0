/** The operators that look at a key's records in an order, which the list is run against. */
import { changes, keyBy, latest, map, matchPattern, pattern, topN } from '../../../operators/index.ts'
import { milliseconds } from '../../../topology/duration.ts'
import { stand } from './poison.ts'
import type { Item, Subject } from './script.ts'

export const RANKING_SUBJECTS = {
  /** The two greatest n; of equals the earlier one first. */
  'top n': {
    build: (input) => ({
      out: input.pipe(
        keyBy('key'),
        topN(2, ({ n }: Item) => stand(n), { thenBy: 'at', rank: 'rank', name: 'top' }),
        changes(),
      ),
    }),
  },

  /** The greatest n. */
  latest: {
    build: (input) => ({
      out: input.pipe(
        keyBy('key'),
        latest(({ n }: Item) => stand(n), { name: 'last' }),
        changes(),
      ),
    }),
  },

  /** An n below 10, and the next that is ten times as much. */
  pattern: {
    build(input) {
      const { out, timedOut, late } = input.pipe(
        keyBy('key'),
        matchPattern(
          pattern<Item>()
            .begin('first', ({ n }) => stand(n) < 10)
            .followedBy('tenfold', ({ n }, { first }) => n === 10 * first.n)
            .within(milliseconds(20)),
          { name: 'tenfold' },
        ),
      )
      return {
        out: out.pipe(map(({ first, tenfold }) => ({ key: first.key, first: first.n, tenfold: tenfold.n }))),
        timedOut: timedOut.pipe(map(({ first }) => ({ key: first!.key, first: first!.n }))),
        late,
      }
    },
  },
} as const satisfies Readonly<Record<string, Subject>>
