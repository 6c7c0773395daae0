/** q5, hot items: every two seconds, the auctions with the most bids in the last ten. */
import { z } from 'zod'
import {
  aggregate,
  count,
  flatMap,
  keyBy,
  sliding,
  topK,
  tumbling,
  window,
  windowAll,
  windowEnd,
} from '../../operators/index.ts'
import { seconds } from '../../topology/duration.ts'
import { int53, long, timestamptz } from '../../topology/schema/index.ts'
import { inOrder, jobOf, query } from './query.ts'

export const HotItem = z.object({ auction: int53(), num: long(), window_end: timestamptz() })

export const q5 = query('q5', HotItem, ({ bids }) => {
  const counted = bids.pipe(
    inOrder('bids'),
    keyBy('auction'),
    window(sliding(seconds(10), seconds(2))),
    aggregate({ num: count(), window_end: windowEnd() }, { name: 'counted' }),
  ).out
  // The counts of one window have the same event time: two seconds of them are those of one window.
  return counted
    .pipe(windowAll(tumbling(seconds(2))), aggregate({ hottest: topK(1, 'num', { ties: true }) }, { name: 'hottest' }))
    .out.pipe(flatMap(({ hottest }) => hottest))
})

export default jobOf(q5)
