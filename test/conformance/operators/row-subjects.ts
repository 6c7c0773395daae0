/** Operators of one record at a time that the list is run against. */
import { z } from 'zod'
import {
  asyncMap,
  branch,
  cleanse,
  cleanseWith,
  custom,
  expect,
  filter,
  flatMap,
  map,
  quarantine,
  rebalance,
  rules,
  select,
  single,
  union,
} from '../../../operators/index.ts'
import { int, timestamptz } from '../../../topology/schema/index.ts'
import { append, type Stream } from '../../../topology/stream.ts'
import { stand } from './poison.ts'
import type { Item, Subject } from './script.ts'

const ItemSchema = z.object({ key: z.string(), n: int(), at: timestamptz() })

/** Before or behind those that call no function of a user: it fails in their place. */
const standing = (input: Stream<Item>): Stream<Item> =>
  append(input, {
    uid: 'standing',
    kind: 'standing',
    behaviour: { type: 'row', step: 'map', fn: (row: Item) => ({ ...row, n: stand(row.n) }) },
  })

export const ROW_SUBJECTS = {
  map: { build: (input) => ({ out: input.pipe(map(({ key, n }) => ({ key, twice: 2 * stand(n) }))) }) },

  filter: { build: (input) => ({ out: input.pipe(filter(({ n }) => stand(n) % 2 === 1)) }) },

  /** So many of each as its n says. */
  'flat map': {
    build: (input) => ({
      out: input.pipe(flatMap(({ key, n }) => Array.from({ length: stand(n) }, (_, index) => ({ key, index })))),
    }),
  },

  branch: { build: (input) => input.pipe(branch({ odd: ({ n }) => stand(n) % 2 === 1, two: ({ n }) => n === 2 })) },

  select: { build: (input) => ({ out: input.pipe(standing, select(z.object({ n: int() }))) }) },

  union: { build: (input) => ({ out: union(input, input.pipe(standing)) }) },

  rebalance: { build: (input) => ({ out: input.pipe(rebalance(), standing) }) },

  single: { build: (input) => ({ out: input.pipe(single(), standing) }) },

  cleanse: {
    build: (input) => ({ out: input.pipe(standing, cleanse({ key: cleanseWith((key) => key.toUpperCase()) })) }),
  },

  /** Two is none of them. */
  expect: {
    build: (input) => {
      const { out, quarantined } = input.pipe(
        expect(rules(ItemSchema, [custom('not_two', ({ n }: Item) => stand(n) !== 2, 'it is two')])),
      )
      return { out, quarantined: quarantined.pipe(map(({ key, rule }) => ({ key, rule }))) }
    },
  },

  quarantine: {
    build: (input) => ({
      out: input.pipe(
        standing,
        quarantine({ rule: 'unwanted', reason: 'nobody asked for it' }),
        map(({ key, rule }) => ({ key, rule })),
      ),
    }),
  },

  'async map': {
    build: (input) => ({
      out: input.pipe(asyncMap(async ({ key, n }: Item) => ({ key, twice: 2 * stand(n) }), { name: 'asked' })),
    }),
  },
} as const satisfies Readonly<Record<string, Subject>>
