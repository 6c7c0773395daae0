/** q20, expand bids: every bid on an auction of one category, with the auction. */
import { z } from 'zod'
import { filter, join, keyBy } from '../../operators/index.ts'
import { int53 } from '../../topology/schema/index.ts'
import { jobOf, query } from './query.ts'
import { Auction, Bid } from './schemas.ts'

export const ExpandedBid = Bid.omit({ dateTime: true, extra: true }).extend({
  ...Auction.omit({ id: true, dateTime: true, extra: true }).shape,
  bid_dateTime: int53(),
  bid_extra: z.string(),
  auction_dateTime: int53(),
  auction_extra: z.string(),
})

const CATEGORY = 10

export const q20 = query('q20', ExpandedBid, ({ auctions, bids }) => {
  const ofCategory = auctions.pipe(
    filter(({ category }) => category === CATEGORY),
    keyBy('id'),
  )
  return bids.pipe(
    keyBy('auction'),
    join(ofCategory, {
      select: (bid, auction) => ({
        auction: bid.auction,
        bidder: bid.bidder,
        price: bid.price,
        channel: bid.channel,
        url: bid.url,
        bid_dateTime: bid.dateTime,
        bid_extra: bid.extra,
        itemName: auction.itemName,
        description: auction.description,
        initialBid: auction.initialBid,
        reserve: auction.reserve,
        auction_dateTime: auction.dateTime,
        expires: auction.expires,
        seller: auction.seller,
        category: auction.category,
        auction_extra: auction.extra,
      }),
    }),
  )
})

export default jobOf(q20)
