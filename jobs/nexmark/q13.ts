/** q13, bounded side input: every bid with what a table of 10,000 rows, loaded when the job starts, says of its auction. */
import { z } from 'zod'
import { flatMap } from '../../operators/index.ts'
import { jobOf, query } from './query.ts'
import { Bid } from './schemas.ts'

export const BidWithSideInput = Bid.omit({ channel: true, url: true, extra: true }).extend({ value: z.string() })

const SIDE_ROWS = 10_000
const SIDE_INPUT = new Map(Array.from({ length: SIDE_ROWS }, (_, key) => [key, `side-${key}`]))

export const q13 = query('q13', BidWithSideInput, ({ bids }) =>
  bids.pipe(
    flatMap(({ auction, bidder, price, dateTime }) => {
      const value = SIDE_INPUT.get(auction % SIDE_ROWS)
      return value === undefined ? [] : [{ auction, bidder, price, dateTime, value }]
    }),
  ),
)

export default jobOf(q13)
