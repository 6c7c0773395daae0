/** The topics of the medallion job: where events come from, and its stages for other consumers. */
import { days } from '../../topology/duration.ts'
import { topic } from '../../topology/topic.ts'
import { UserActionEvent } from './schemas.ts'
import { BronzeEvent, SilverEvent } from './tables.ts'

export const rawEvents = topic('raw-events', UserActionEvent, { retention: days(7) })

/** Every record of raw-events with what could be read of it. */
export const bronzeEvents = topic('bronze-events', BronzeEvent, { retention: days(90), key: 'user_id' })

/** Events that are what they should be: one record per event_id. */
export const silverEvents = topic('silver-events', SilverEvent, { retention: days(365), key: 'user_id' })
