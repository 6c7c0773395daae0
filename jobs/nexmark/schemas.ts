/** What Nexmark's auction house tells: persons register, open auctions, and bid. */
import { z } from 'zod'
import { int, int53 } from '../../topology/schema/index.ts'

/** Times are milliseconds since the epoch, prices cents, as in the events themselves. */
export const Person = z.object({
  id: int53(),
  name: z.string(),
  emailAddress: z.string(),
  creditCard: z.string(),
  city: z.string(),
  state: z.string(),
  dateTime: int53(),
  extra: z.string(),
})
export type Person = z.infer<typeof Person>

export const Auction = z.object({
  id: int53(),
  itemName: z.string(),
  description: z.string(),
  initialBid: int53(),
  reserve: int53(),
  dateTime: int53(),
  expires: int53(),
  seller: int53(),
  category: int53(),
  extra: z.string(),
})
export type Auction = z.infer<typeof Auction>

export const Bid = z.object({
  auction: int53(),
  bidder: int53(),
  price: int53(),
  channel: z.string(),
  url: z.string(),
  dateTime: int53(),
  extra: z.string(),
})
export type Bid = z.infer<typeof Bid>

/** One event, of the one kind that is not null: 0 a person, 1 an auction, 2 a bid. */
export const NexmarkEvent = z.object({
  event_type: int(),
  person: Person.nullable().default(null),
  auction: Auction.nullable().default(null),
  bid: Bid.nullable().default(null),
})
export type NexmarkEvent = z.infer<typeof NexmarkEvent>
