/** q0, pass through: what it costs to do nothing. */
import { jobOf, query } from './query.ts'
import { Bid } from './schemas.ts'

export const q0 = query('q0', Bid, ({ bids }) => bids)

export default jobOf(q0)
