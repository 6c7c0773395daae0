/** q16, channel statistics: as q15, of each channel, with the last minute in which it was bid by. */
import { z } from 'zod'
import { aggregate, keyBy, max, tumbling, window, windowDay } from '../../operators/index.ts'
import { days } from '../../topology/duration.ts'
import { date } from '../../topology/schema/index.ts'
import { BidStatistics, bidStatistics } from './bid-statistics.ts'
import { inOrder, jobOf, query } from './query.ts'
import type { Bid } from './schemas.ts'

export const ChannelStatistics = z.object({ channel: z.string(), day: date(), minute: z.string(), ...BidStatistics })

const minuteOf = ({ dateTime }: Bid) => new Date(dateTime).toISOString().slice(11, 16)

export const q16 = query(
  'q16',
  ChannelStatistics,
  ({ bids }) =>
    bids.pipe(
      inOrder('bids'),
      keyBy('channel'),
      window(tumbling(days(1))),
      aggregate({ day: windowDay(), minute: max(minuteOf), ...bidStatistics }),
    ).out,
)

export default jobOf(q16)
