/** Types of joins: checked by tsc, never run. */
import { intervalJoin, keyBy, map } from '../../operators/index.ts'
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
