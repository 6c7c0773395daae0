/** Types of joins: checked by tsc, never run. */
import {
  deduplicate,
  intervalJoin,
  join,
  keyBy,
  map,
  session,
  tumbling,
  window,
  windowJoin,
} from '../../operators/index.ts'
import { minutes } from '../../topology/duration.ts'
import type { Stream, UpdatingStream } from '../../topology/stream.ts'

interface Auction {
  id: bigint
  seller: string
  expires: number
}
interface Bid {
  auction: bigint
  bidder: string
  price: number
}

declare const auctions: Stream<Auction>
declare const bids: Stream<Bid>
declare const updating: UpdatingStream<Bid>
declare function is<A>(): <B>(value: B, ...mismatch: Equal<A, B> extends true ? [] : [never]) => void
type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false

const bounds = { lower: minutes(0), upper: minutes(5) }
const byAuction = bids.pipe(keyBy('auction'))

// --- interval join
const { out, lateLeft, lateRight } = auctions.pipe(
  keyBy('id'),
  intervalJoin(byAuction, {
    ...bounds,
    where: (auction, bid) => bid.price > auction.expires,
    select: (auction, bid) => ({ seller: auction.seller, price: bid.price }),
  }),
)
is<Stream<{ seller: string; price: number }>>()(out)
is<Stream<Auction>>()(lateLeft)
is<Stream<Bid>>()(lateRight)
is<Stream<{ seller: string; price: number | undefined }>>()(
  auctions.pipe(
    keyBy('id'),
    intervalJoin(byAuction, {
      ...bounds,
      type: 'left',
      select: (auction, bid) => ({ seller: auction.seller, price: bid?.price }),
    }),
  ).out,
)
// Without select, the columns of both.
is<Stream<{ id: bigint; seller: string; expires: number; auction: bigint; bidder: string; price: number }>>()(
  auctions.pipe(keyBy('id'), intervalJoin(byAuction, bounds)).out,
)
// The key may be called the same on both sides.
is<Stream<{ auction: bigint; bidder: string; price: number; n: number }>>()(
  bids.pipe(
    keyBy('auction'),
    intervalJoin(bids.pipe(map(({ auction }) => ({ auction, n: 1 })), keyBy('auction')), bounds), // biome-ignore format: one line
  ).out,
)
// @ts-expect-error both have a price: select what goes out
byAuction.pipe(intervalJoin(byAuction, bounds)).out
// @ts-expect-error what matches nothing has no columns of the other side: select what goes out
auctions.pipe(keyBy('id'), intervalJoin(byAuction, { ...bounds, type: 'full' })).out
// @ts-expect-error the bid may be missing
auctions.pipe(keyBy('id'), intervalJoin(byAuction, { ...bounds, type: 'left', select: (_, bid) => bid.price }))
// @ts-expect-error the left side has no key
auctions.pipe(intervalJoin(byAuction, bounds))
// @ts-expect-error the right side has no key
auctions.pipe(keyBy('id'), intervalJoin(bids, bounds))
// @ts-expect-error a bigint is never equal to a text
auctions.pipe(keyBy('id'), intervalJoin(bids.pipe(keyBy('bidder')), bounds))
// @ts-expect-error a stream of changes has no events to be joined in time
auctions.pipe(keyBy('id'), intervalJoin(updating.pipe(keyBy('auction')), bounds))
// @ts-expect-error a duration says its unit
auctions.pipe(keyBy('id'), intervalJoin(byAuction, { lower: 0, upper: 5 }))
// @ts-expect-error where returns a boolean
auctions.pipe(keyBy('id'), intervalJoin(byAuction, { ...bounds, where: (auction) => auction.expires }))

// --- window join
is<Stream<{ seller: string; price: number }>>()(
  auctions.pipe(
    keyBy('id'),
    window(tumbling(minutes(1))),
    windowJoin(byAuction, { select: ({ seller }, { price }) => ({ seller, price }) }),
  ).out,
)
is<Stream<{ id: bigint; seller: string; expires: number; auction: bigint; bidder: string; price: number }>>()(
  auctions.pipe(keyBy('id'), window(session(minutes(1))), windowJoin(byAuction)).out,
)
// @ts-expect-error both have a price: select what goes out
byAuction.pipe(window(tumbling(minutes(1))), windowJoin(byAuction)).out
// @ts-expect-error no windows
auctions.pipe(keyBy('id'), windowJoin(byAuction))
// @ts-expect-error a bigint is never equal to a text
auctions.pipe(keyBy('id'), window(tumbling(minutes(1))), windowJoin(bids.pipe(keyBy('bidder'))))

// --- join
is<Stream<{ seller: string; price: number }>>()(
  auctions.pipe(keyBy('id'), join(byAuction, { select: ({ seller }, { price }) => ({ seller, price }) })),
)
is<Stream<{ id: bigint; seller: string; expires: number; auction: bigint; bidder: string; price: number }>>()(
  auctions.pipe(keyBy('id'), join(byAuction)),
)
is<UpdatingStream<{ seller: string; price: number | undefined }>>()(
  auctions.pipe(
    keyBy('id'),
    join(byAuction, { type: 'left', select: ({ seller }, bid) => ({ seller, price: bid?.price }) }),
  ),
)
// @ts-expect-error a left join goes on changing its rows
auctions.pipe(keyBy('id'), join(byAuction, { type: 'left', select: ({ id }) => ({ id }) }), deduplicate({ by: 'id', within: minutes(1) })) // biome-ignore format: one line for the error
// @ts-expect-error both have a price: select what goes out
byAuction.pipe(join(byAuction), map((row) => row)) // biome-ignore format: one line for the error
// @ts-expect-error a full join would have rows of both sides taken back
auctions.pipe(keyBy('id'), join(byAuction, { type: 'full', select: () => ({}) }))
// @ts-expect-error a bigint is never equal to a text
auctions.pipe(keyBy('id'), join(bids.pipe(keyBy('bidder'))))
