/** Windows of activity, which end when nothing has come for a while. */
import type { DurationMs } from '../../topology/duration.ts'
import { TopologyError } from '../../topology/errors.ts'
import { isSize } from './alignment.ts'

/** How event times are put together to windows. */
export interface SessionWindows {
  readonly kind: 'session'
  readonly gapMs: number
}

/**
 * Windows from a record of a key to `gap` after the last one that comes no more than `gap` later than another. A record
 * between two sessions makes one of them.
 *
 * A session is late, and with it a record, when the watermark has passed the end that it has with the record in it. So a
 * record that would have prolonged a session which is closed by now begins another, as long as it is in time itself.
 *
 * @throws {TopologyError} `WINDOW_SIZE` when the gap is no whole number of milliseconds above 0.
 * @example orders.pipe(keyBy('userId'), window(session(minutes(30))), aggregate({ orders: count() }))
 */
export function session(gap: DurationMs): SessionWindows {
  if (!isSize(gap)) {
    throw new TopologyError('WINDOW_SIZE', `session(${gap}) makes no windows`, {
      fix: 'The gap is a whole number of milliseconds above 0, as in session(minutes(30)).',
    })
  }
  return Object.freeze({ kind: 'session', gapMs: gap })
}
