/** q2, selection: the bids on some auctions. */
import { filter, select } from '../../operators/index.ts'
import { jobOf, query } from './query.ts'
import { Bid } from './schemas.ts'

export const SelectedBid = Bid.pick({ auction: true, price: true })

export const q2 = query('q2', SelectedBid, ({ bids }) =>
  bids.pipe(
    filter(({ auction }) => auction % 123 === 0),
    select(SelectedBid),
  ),
)

export default jobOf(q2)
