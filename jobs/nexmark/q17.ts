/** q17, auction statistics: bids by range of price, and prices, of each auction and day. */
import { z } from 'zod'
import { aggregate, avg, keyBy, max, min, sum, tumbling, window, windowDay } from '../../operators/index.ts'
import { days } from '../../topology/duration.ts'
import { date, double, int53 } from '../../topology/schema/index.ts'
import { BidCounts, bidCounts } from './bid-statistics.ts'
import { inOrder, jobOf, query } from './query.ts'

export const AuctionStatistics = z.object({
  auction: int53(),
  day: date(),
  ...BidCounts,
  min_price: int53(),
  max_price: int53(),
  avg_price: double(),
  sum_price: int53(),
})

export const q17 = query(
  'q17',
  AuctionStatistics,
  ({ bids }) =>
    bids.pipe(
      inOrder('bids'),
      keyBy('auction'),
      window(tumbling(days(1))),
      aggregate({
        day: windowDay(),
        ...bidCounts,
        min_price: min('price'),
        max_price: max('price'),
        avg_price: avg('price'),
        sum_price: sum('price'),
      }),
    ).out,
)

export default jobOf(q17)
