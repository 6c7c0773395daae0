/** q12, processing-time windows: how often a user bids in ten seconds of the clock. */
import { z } from 'zod'
import {
  aggregate,
  count,
  keyBy,
  processingTime,
  tumbling,
  window,
  windowEnd,
  windowStart,
} from '../../operators/index.ts'
import { seconds } from '../../topology/duration.ts'
import { int53, long, timestamptz } from '../../topology/schema/index.ts'
import { jobOf, query } from './query.ts'

export const BidsByClock = z.object({
  bidder: int53(),
  bid_count: long(),
  starttime: timestamptz(),
  endtime: timestamptz(),
})

export const q12 = query(
  'q12',
  BidsByClock,
  ({ bids }) =>
    bids.pipe(
      processingTime(),
      keyBy('bidder'),
      window(tumbling(seconds(10))),
      aggregate({ bid_count: count(), starttime: windowStart(), endtime: windowEnd() }),
    ).out,
)

export default jobOf(q12)
