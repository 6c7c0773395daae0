/** q22, directories of the address that a bid came by. */
import { z } from 'zod'
import { map } from '../../operators/index.ts'
import { jobOf, query } from './query.ts'
import { Bid } from './schemas.ts'

export const BidByDirectory = Bid.omit({ url: true, dateTime: true, extra: true }).extend({
  dir1: z.string(),
  dir2: z.string(),
  dir3: z.string(),
})

export const q22 = query('q22', BidByDirectory, ({ bids }) =>
  bids.pipe(
    map(({ auction, bidder, price, channel, url }) => {
      const [, , , dir1 = '', dir2 = '', dir3 = ''] = url.split('/')
      return { auction, bidder, price, channel, dir1, dir2, dir3 }
    }),
  ),
)

export default jobOf(q22)
