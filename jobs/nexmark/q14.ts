/** q14, calculation: the middling bids in euros, with the time of day and how often a letter occurs. */
import { z } from 'zod'
import { filter, map } from '../../operators/index.ts'
import { int } from '../../topology/schema/index.ts'
import { BidInEuros, EUROS_PER_DOLLAR } from './q1.ts'
import { jobOf, query } from './query.ts'

export const CalculatedBid = BidInEuros.extend({ bidTimeType: z.string(), c_counts: int() })

const HOUR_MS = 3_600_000

export const q14 = query('q14', CalculatedBid, ({ bids }) =>
  bids.pipe(
    filter(({ price }) => price * EUROS_PER_DOLLAR > 1_000_000 && price * EUROS_PER_DOLLAR < 50_000_000),
    map(({ auction, bidder, price, dateTime, extra }) => ({
      auction,
      bidder,
      price: price * EUROS_PER_DOLLAR,
      dateTime,
      extra,
      bidTimeType: timeOfDay(Math.floor(dateTime / HOUR_MS) % 24),
      c_counts: extra.split('c').length - 1,
    })),
  ),
)

function timeOfDay(hour: number): string {
  if (hour >= 8 && hour <= 18) return 'dayTime'
  return hour <= 6 || hour >= 20 ? 'nightTime' : 'otherTime'
}

export default jobOf(q14)
