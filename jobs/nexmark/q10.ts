/** q10, log to files: every bid, by day and minute. */
import { z } from 'zod'
import { map } from '../../operators/index.ts'
import { jobOf, query } from './query.ts'
import { Bid } from './schemas.ts'

/** `dt` is the UTC day, `hm` hour and minute. */
export const LoggedBid = Bid.omit({ channel: true, url: true }).extend({ dt: z.string(), hm: z.string() })

export const q10 = query('q10', LoggedBid, ({ bids }) =>
  bids.pipe(
    map(({ auction, bidder, price, dateTime, extra }) => {
      const iso = new Date(dateTime).toISOString()
      return { auction, bidder, price, dateTime, extra, dt: iso.slice(0, 10), hm: iso.slice(11, 16) }
    }),
  ),
)

export default jobOf(q10)
