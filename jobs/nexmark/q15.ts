/** q15, bidding statistics: bids, bidders and auctions of each day, in all and by range of price. */
import { z } from 'zod'
import { aggregate, tumbling, windowAll, windowDay } from '../../operators/index.ts'
import { days } from '../../topology/duration.ts'
import { date } from '../../topology/schema/index.ts'
import { BidStatistics, bidStatistics } from './bid-statistics.ts'
import { inOrder, jobOf, query } from './query.ts'

export const DayStatistics = z.object({ day: date(), ...BidStatistics })

export const q15 = query(
  'q15',
  DayStatistics,
  ({ bids }) =>
    bids.pipe(inOrder('bids'), windowAll(tumbling(days(1))), aggregate({ day: windowDay(), ...bidStatistics })).out,
)

export default jobOf(q15)
