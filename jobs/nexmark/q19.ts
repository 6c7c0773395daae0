/** q19, auction top ten: the ten highest bids on each auction, of equal ones the earlier. */
import { keyBy, topN } from '../../operators/index.ts'
import { int } from '../../topology/schema/index.ts'
import { jobOf, updatingQuery } from './query.ts'
import { Bid } from './schemas.ts'

export const RankedBid = Bid.extend({ rank: int() })

export const q19 = updatingQuery('q19', RankedBid, ({ bids }) =>
  bids.pipe(keyBy('auction'), topN(10, 'price', { thenBy: 'dateTime', rank: 'rank' })),
)

export default jobOf(q19)
