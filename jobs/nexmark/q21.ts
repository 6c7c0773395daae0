/** q21, channel id: by a table for those that everybody knows, from the address for the others; bids without one are left out. */
import { z } from 'zod'
import { flatMap } from '../../operators/index.ts'
import { jobOf, query } from './query.ts'
import { Bid } from './schemas.ts'

export const BidByChannel = Bid.omit({ dateTime: true, extra: true }).extend({ channel_id: z.string() })

const KNOWN: Readonly<Record<string, string>> = { apple: '0', google: '1', facebook: '2', baidu: '3' }

export const q21 = query('q21', BidByChannel, ({ bids }) =>
  bids.pipe(
    flatMap(({ auction, bidder, price, channel, url }) => {
      const channel_id = KNOWN[channel.toLowerCase()] ?? /[&^]channel_id=([^&]*)/.exec(url)?.[1]
      return channel_id === undefined ? [] : [{ auction, bidder, price, channel, url, channel_id }]
    }),
  ),
)

export default jobOf(q21)
