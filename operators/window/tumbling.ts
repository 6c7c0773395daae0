/** Windows of fixed size that follow each other without gap or overlap. */
import type { DurationMs } from '../../topology/duration.ts'
import { TopologyError } from '../../topology/errors.ts'
import { type Alignment, type AlignmentOptions, alignmentOf, isSize } from './alignment.ts'

/** How event times are cut into windows. */
export interface TumblingWindows extends Alignment {
  readonly kind: 'tumbling'
  readonly sizeMs: number
}

export type TumblingOptions = AlignmentOptions

/**
 * Windows of `size`, one after the other; each event time belongs to exactly one.
 *
 * @throws {TopologyError} `WINDOW_SIZE` when size or offset is no whole number of milliseconds, or out of range;
 * `WINDOW_TIME_ZONE` when there is no such zone.
 * @example window(tumbling(days(1)))
 * @example window(tumbling(days(1), { timeZone: 'Europe/Berlin' }))
 */
export function tumbling(size: DurationMs, options: TumblingOptions = {}): TumblingWindows {
  if (!isSize(size)) {
    throw new TopologyError('WINDOW_SIZE', `tumbling(${size}) makes no windows`, {
      fix: 'The size is a whole number of milliseconds above 0, as in tumbling(minutes(5)).',
    })
  }
  return Object.freeze({ kind: 'tumbling', sizeMs: size, ...alignmentOf(`tumbling(${size})`, size, options) })
}
