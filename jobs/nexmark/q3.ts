/** q3, local item suggestion: who sells in one category, in three states. */
import { z } from 'zod'
import { filter, join, keyBy } from '../../operators/index.ts'
import { int53 } from '../../topology/schema/index.ts'
import { jobOf, query } from './query.ts'

export const LocalItem = z.object({ name: z.string(), city: z.string(), state: z.string(), id: int53() })

const STATES: readonly string[] = ['OR', 'ID', 'CA']
const CATEGORY = 10

export const q3 = query('q3', LocalItem, ({ persons, auctions }) => {
  const local = persons.pipe(
    filter(({ state }) => STATES.includes(state)),
    keyBy('id'),
  )
  return auctions.pipe(
    filter(({ category }) => category === CATEGORY),
    keyBy('seller'),
    join(local, { select: ({ id }, { name, city, state }) => ({ name, city, state, id }) }),
  )
})

export default jobOf(q3)
