/** q11, user sessions: how often a user bids while active, with no more than ten seconds between two bids. */

import { z } from 'zod'
import { aggregate, count, keyBy, session, window, windowEnd, windowStart } from '../../operators/index.ts'
import { seconds } from '../../topology/duration.ts'
import { int53, long, timestamptz } from '../../topology/schema/index.ts'
import { inOrder, jobOf, query } from './query.ts'

export const BidSession = z.object({
  bidder: int53(),
  bid_count: long(),
  starttime: timestamptz(),
  endtime: timestamptz(),
})

export const q11 = query(
  'q11',
  BidSession,
  ({ bids }) =>
    bids.pipe(
      inOrder('bids'),
      keyBy('bidder'),
      window(session(seconds(10))),
      aggregate({ bid_count: count(), starttime: windowStart(), endtime: windowEnd() }),
    ).out,
)

export default jobOf(q11)
