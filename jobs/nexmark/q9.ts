/** q9, winning bids: each auction that was bid on, with the bid that won it. */
import { jobOf, query } from './query.ts'
import { WinningBid, winningBids } from './winning-bids.ts'

export const q9 = query('q9', WinningBid, winningBids)

export default jobOf(q9)
