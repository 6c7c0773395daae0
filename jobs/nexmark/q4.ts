/** q4, average price of a category: of the bids that won. The average changes with every auction that expires. */
import { z } from 'zod'
import { avg, keyBy, runningAggregate } from '../../operators/index.ts'
import { double, int53 } from '../../topology/schema/index.ts'
import { jobOf, updatingQuery } from './query.ts'
import { winningBids } from './winning-bids.ts'

export const AveragePrice = z.object({ category: int53(), final: double() })

export const q4 = updatingQuery('q4', AveragePrice, (streams) =>
  winningBids(streams).pipe(keyBy('category'), runningAggregate({ final: avg('price') })),
)

export default jobOf(q4)
