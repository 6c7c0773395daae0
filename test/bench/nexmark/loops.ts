/** The queries as somebody writes them by hand: one loop, no framework, the same functions on the same events. */
import type { Generator } from '../../../jobs/nexmark/generator/generator.ts'
import { EUROS_PER_DOLLAR } from '../../../jobs/nexmark/q1.ts'
import type { Bid, NexmarkEvent } from '../../../jobs/nexmark/schemas.ts'

const WINDOW_MS = 10_000
const SLIDE_MS = 2_000

const isBid = ({ event_type }: NexmarkEvent) => event_type === 2
const bidOf = ({ bid }: NexmarkEvent) => bid!
const toEuros = ({ auction, bidder, price, dateTime, extra }: Bid) => ({
  auction,
  bidder,
  price: price * EUROS_PER_DOLLAR,
  dateTime,
  extra,
})
const isSelected = ({ auction }: Bid) => auction % 123 === 0

/** Runs over so many events, and gives each row of the result to `sink`. */
type Loop = (generator: Generator, events: number, sink: (row: unknown) => void) => void

export const LOOPS: Readonly<Record<string, Loop>> = {
  q0(generator, events, sink) {
    for (let n = 0; n < events; n++) {
      const event = generator.event(n)
      if (isBid(event)) sink(bidOf(event))
    }
  },

  q1(generator, events, sink) {
    for (let n = 0; n < events; n++) {
      const event = generator.event(n)
      if (isBid(event)) sink(toEuros(bidOf(event)))
    }
  },

  q2(generator, events, sink) {
    for (let n = 0; n < events; n++) {
      const event = generator.event(n)
      if (!isBid(event)) continue
      const bid = bidOf(event)
      if (isSelected(bid)) sink({ auction: bid.auction, price: bid.price })
    }
  },

  q5(generator, events, sink) {
    const panes = new Map<number, Map<number, number>>()
    let last = Number.NEGATIVE_INFINITY
    /** Fires the windows that end up to the begin of the pane. */
    const advance = (paneMs: number) => {
      for (let endMs = last + SLIDE_MS; endMs <= paneMs; endMs += SLIDE_MS) {
        const counts = new Map<number, number>()
        let most = 0
        for (let at = endMs - WINDOW_MS; at < endMs; at += SLIDE_MS) {
          for (const [auction, count] of panes.get(at) ?? []) {
            const sum = (counts.get(auction) ?? 0) + count
            counts.set(auction, sum)
            if (sum > most) most = sum
          }
        }
        for (const [auction, num] of counts) if (num === most) sink({ auction, num, window_end: endMs })
        panes.delete(endMs - WINDOW_MS)
      }
      last = paneMs
    }
    let pane = new Map<number, number>()
    for (let n = 0; n < events; n++) {
      const event = generator.event(n)
      if (!isBid(event)) continue
      const { auction, dateTime } = bidOf(event)
      const paneMs = dateTime - (dateTime % SLIDE_MS)
      if (paneMs !== last) {
        if (last === Number.NEGATIVE_INFINITY) last = paneMs
        else advance(paneMs)
        pane = new Map()
        panes.set(paneMs, pane)
      }
      pane.set(auction, (pane.get(auction) ?? 0) + 1)
    }
    advance(last + WINDOW_MS)
  },

  q7(generator, events, sink) {
    let windowMs = Number.NEGATIVE_INFINITY
    let highest: Bid[] = []
    for (let n = 0; n < events; n++) {
      const event = generator.event(n)
      if (!isBid(event)) continue
      const bid = bidOf(event)
      const ofBidMs = bid.dateTime - (bid.dateTime % WINDOW_MS)
      if (ofBidMs !== windowMs) {
        for (const each of highest) sink(each)
        windowMs = ofBidMs
        highest = [bid]
      } else if (bid.price > highest[0]!.price) highest = [bid]
      else if (bid.price === highest[0]!.price) highest.push(bid)
    }
    for (const each of highest) sink(each)
  },

  q8(generator, events, sink) {
    let windowMs = Number.NEGATIVE_INFINITY
    let names = new Map<number, string>()
    let sellers = new Set<number>()
    const fire = () => {
      for (const [id, name] of names) if (sellers.has(id)) sink({ id, name, starttime: windowMs })
    }
    for (let n = 0; n < events; n++) {
      const { person, auction } = generator.event(n)
      const timeMs = person?.dateTime ?? auction?.dateTime
      if (timeMs === undefined) continue
      const startMs = timeMs - (timeMs % WINDOW_MS)
      if (startMs !== windowMs) {
        fire()
        windowMs = startMs
        names = new Map()
        sellers = new Set()
      }
      if (person !== null) names.set(person.id, person.name)
      if (auction !== null) sellers.add(auction.seller)
    }
    fire()
  },
}
