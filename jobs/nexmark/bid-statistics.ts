/** What q15, q16 and q17 count of bids: in all, and by three ranges of price. */
import { count, countDistinct, where } from '../../operators/index.ts'
import { long } from '../../topology/schema/index.ts'
import type { Bid } from './schemas.ts'

const rank1 = ({ price }: Bid) => price < 10_000
const rank2 = ({ price }: Bid) => price >= 10_000 && price < 1_000_000
const rank3 = ({ price }: Bid) => price >= 1_000_000

export const bidCounts = {
  total_bids: count(),
  rank1_bids: where(rank1, count()),
  rank2_bids: where(rank2, count()),
  rank3_bids: where(rank3, count()),
}

export const bidStatistics = {
  ...bidCounts,
  total_bidders: countDistinct<Bid, 'bidder'>('bidder'),
  rank1_bidders: where(rank1, countDistinct('bidder')),
  rank2_bidders: where(rank2, countDistinct('bidder')),
  rank3_bidders: where(rank3, countDistinct('bidder')),
  total_auctions: countDistinct<Bid, 'auction'>('auction'),
  rank1_auctions: where(rank1, countDistinct('auction')),
  rank2_auctions: where(rank2, countDistinct('auction')),
  rank3_auctions: where(rank3, countDistinct('auction')),
}

export const BidCounts = { total_bids: long(), rank1_bids: long(), rank2_bids: long(), rank3_bids: long() }

export const BidStatistics = {
  ...BidCounts,
  total_bidders: long(),
  rank1_bidders: long(),
  rank2_bidders: long(),
  rank3_bidders: long(),
  total_auctions: long(),
  rank1_auctions: long(),
  rank2_auctions: long(),
  rank3_auctions: long(),
}
