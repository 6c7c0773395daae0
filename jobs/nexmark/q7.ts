/** q7, highest bid: the bids with the highest price of every ten seconds. */
import { aggregate, flatMap, topK, tumbling, windowAll } from '../../operators/index.ts'
import { seconds } from '../../topology/duration.ts'
import { inOrder, jobOf, query } from './query.ts'
import { Bid } from './schemas.ts'

export const HighestBid = Bid.omit({ channel: true, url: true })

export const q7 = query('q7', HighestBid, ({ bids }) =>
  bids
    .pipe(inOrder('bids'), windowAll(tumbling(seconds(10))), aggregate({ highest: topK(1, 'price', { ties: true }) }))
    .out.pipe(
      flatMap(({ highest }) =>
        highest.map(({ auction, bidder, price, dateTime, extra }) => ({ auction, bidder, price, dateTime, extra })),
      ),
    ),
)

export default jobOf(q7)
