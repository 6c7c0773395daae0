/** Operators that keep something of each key, in no window, which the list is run against. */
import { changes, count, deduplicate, keyBy, runningAggregate, sum } from '../../../operators/index.ts'
import { milliseconds } from '../../../topology/duration.ts'
import { stand } from './poison.ts'
import type { Item, Subject } from './script.ts'

export const KEYED_SUBJECTS = {
  /** A key of null makes it throw: it calls no function of a user. */
  deduplicate: { build: (input) => input.pipe(deduplicate({ by: 'key', within: milliseconds(100) })) },

  'running aggregate': {
    build: (input) => ({
      out: input.pipe(
        keyBy('key'),
        runningAggregate({ total: sum(({ n }: Item) => stand(n)), items: count() }, { name: 'so-far' }),
        changes(),
      ),
    }),
  },
} as const satisfies Readonly<Record<string, Subject>>
