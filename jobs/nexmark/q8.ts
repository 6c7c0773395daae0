/** q8, monitor new users: who registers and opens an auction within the same ten seconds. */
import { z } from 'zod'
import {
  aggregate,
  count,
  flatMap,
  keyBy,
  map,
  max,
  tumbling,
  union,
  where,
  window,
  windowStart,
} from '../../operators/index.ts'
import { seconds } from '../../topology/duration.ts'
import { int53, timestamptz } from '../../topology/schema/index.ts'
import { inOrder, jobOf, query } from './query.ts'

export const NewSeller = z.object({ id: int53(), name: z.string(), starttime: timestamptz() })

/** Of a user, who registers by a name, or sells and has none. */
interface Activity {
  readonly id: number
  readonly name: string | null
  readonly dateTime: number
}

export const q8 = query('q8', NewSeller, ({ persons, auctions }) =>
  union(
    persons.pipe(
      inOrder('persons'),
      map(({ id, name, dateTime }): Activity => ({ id, name, dateTime })),
    ),
    auctions.pipe(
      inOrder('auctions'),
      map(({ seller, dateTime }): Activity => ({ id: seller, name: null, dateTime })),
    ),
  )
    .pipe(
      keyBy('id'),
      window(tumbling(seconds(10))),
      aggregate({
        name: max('name'),
        auctions: where(({ name }: Activity) => name === null, count()),
        starttime: windowStart(),
      }),
    )
    .out.pipe(
      flatMap(({ id, name, auctions, starttime }) => (name !== null && auctions > 0n ? [{ id, name, starttime }] : [])),
    ),
)

export default jobOf(q8)
