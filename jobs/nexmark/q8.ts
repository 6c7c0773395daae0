/** q8, monitor new users: who registers and opens an auction within the same ten seconds. */
import { z } from 'zod'
import { aggregate, intervalJoin, keyBy, tumbling, window, windowStart } from '../../operators/index.ts'
import { seconds } from '../../topology/duration.ts'
import { int53, timestamptz } from '../../topology/schema/index.ts'
import { inOrder, jobOf, query } from './query.ts'

export const NewSeller = z.object({ id: int53(), name: z.string(), starttime: timestamptz() })

export const q8 = query('q8', NewSeller, ({ persons, auctions }) => {
  const tenSeconds = tumbling(seconds(10))
  const registered = persons.pipe(
    inOrder('persons'),
    keyBy('id', 'name'),
    window(tenSeconds),
    aggregate({ starttime: windowStart() }, { name: 'registered' }),
  ).out
  const sellers = auctions.pipe(
    inOrder('auctions'),
    keyBy('seller'),
    window(tenSeconds),
    aggregate({ starttime: windowStart() }, { name: 'sellers' }),
  ).out
  return registered.pipe(
    keyBy('id', 'starttime'),
    intervalJoin(sellers.pipe(keyBy('seller', 'starttime')), {
      lower: seconds(0),
      upper: seconds(0),
      select: ({ id, name, starttime }) => ({ id, name, starttime }),
    }),
  ).out
})

export default jobOf(q8)
