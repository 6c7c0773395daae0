/** The highest bid on each auction while it is open, of equal ones the first: what q4 and q9 begin with. */

import { z } from 'zod'
import { intervalJoin, keyBy, process } from '../../operators/index.ts'
import { minutes, seconds } from '../../topology/duration.ts'
import { int53 } from '../../topology/schema/index.ts'
import { valueState } from '../../topology/state/value-state.ts'
import type { Stream } from '../../topology/stream.ts'
import { inOrder, type NexmarkStreams } from './query.ts'
import { Auction } from './schemas.ts'

export const WinningBid = Auction.extend({
  auction: int53(),
  bidder: int53(),
  price: int53(),
  bid_dateTime: int53(),
  bid_extra: z.string(),
})
export type WinningBid = z.infer<typeof WinningBid>

/** No auction is open for longer. */
const LONGEST_AUCTION = minutes(1)

/** A row per auction that was bid on, when it has expired. */
export function winningBids({ auctions, bids }: NexmarkStreams): Stream<WinningBid> {
  const whileOpen = auctions.pipe(
    inOrder('auctions'),
    keyBy('id'),
    intervalJoin(bids.pipe(inOrder('bids'), keyBy('auction')), {
      lower: seconds(0),
      upper: LONGEST_AUCTION,
      where: (auction, bid) => bid.dateTime <= auction.expires,
      select: (auction, { auction: id, bidder, price, dateTime, extra }) => ({
        ...auction,
        auction: id,
        bidder,
        price,
        bid_dateTime: dateTime,
        bid_extra: extra,
      }),
    }),
  ).out
  return whileOpen.pipe(
    keyBy('id'),
    process({
      name: 'winning-bid',
      state: { best: valueState('best', { schema: WinningBid }) },
      onRecord(bid, { state, timers }) {
        const best = state.best.get()
        if (best === undefined) timers.eventTime(bid.expires)
        if (best === undefined || isBetter(bid, best)) state.best.set(bid)
      },
      onTimer(_timer, { state, emit }) {
        emit(state.best.get()!)
        state.best.clear()
      },
    }),
  )
}

function isBetter(bid: WinningBid, best: Readonly<WinningBid>): boolean {
  return bid.price > best.price || (bid.price === best.price && bid.bid_dateTime < best.bid_dateTime)
}
