/** q18, find last bid: of each bidder on each auction. */
import { keyBy, latest } from '../../operators/index.ts'
import { jobOf, updatingQuery } from './query.ts'
import { Bid } from './schemas.ts'

export const q18 = updatingQuery('q18', Bid, ({ bids }) => bids.pipe(keyBy('bidder', 'auction'), latest('dateTime')))

export default jobOf(q18)
