/** q1, currency conversion: every bid in euros. */
import { map } from '../../operators/index.ts'
import { double } from '../../topology/schema/index.ts'
import { jobOf, query } from './query.ts'
import { Bid } from './schemas.ts'

export const EUROS_PER_DOLLAR = 0.908

/** The price in cents, as a double: a rate makes no whole cents. */
export const BidInEuros = Bid.omit({ channel: true, url: true }).extend({ price: double() })

export const q1 = query('q1', BidInEuros, ({ bids }) =>
  bids.pipe(
    map(({ auction, bidder, price, dateTime, extra }) => ({
      auction,
      bidder,
      price: price * EUROS_PER_DOLLAR,
      dateTime,
      extra,
    })),
  ),
)

export default jobOf(q1)
