/** Windows of fixed size that follow each other without gap or overlap. */

import type { DurationMs } from '../../topology/duration.ts'
import { TopologyError } from '../../topology/errors.ts'

/** A span of event time: `startMs` inclusive, `endMs` exclusive, milliseconds since the epoch. */
export interface TimeWindow {
  readonly startMs: number
  readonly endMs: number
}

/** How event times are cut into windows. */
export interface TumblingWindows {
  readonly kind: 'tumbling'
  readonly sizeMs: number
  readonly offsetMs: number
}

export interface TumblingOptions {
  /**
   * Moves all windows: days of a zone at UTC+2 begin at `hours(-2)`. Between minus and plus one size.
   *
   * @default 0: windows are aligned with 1970-01-01T00:00:00Z, so days are UTC days
   */
  readonly offset?: DurationMs
}

/**
 * Windows of `size`, one after the other; each event time belongs to exactly one.
 *
 * @throws {TopologyError} `WINDOW_SIZE` when size or offset is no whole number of milliseconds, or out of range.
 * @example window(tumbling(days(1)))
 */
export function tumbling(size: DurationMs, options: TumblingOptions = {}): TumblingWindows {
  const offsetMs = options.offset ?? 0
  if (!Number.isSafeInteger(size) || size <= 0 || !Number.isSafeInteger(offsetMs) || Math.abs(offsetMs) >= size) {
    throw new TopologyError('WINDOW_SIZE', `tumbling(${size}, { offset: ${offsetMs} }) makes no windows`, {
      fix: 'The size is a whole number of milliseconds above 0, the offset one between minus and plus the size.',
    })
  }
  return Object.freeze({ kind: 'tumbling', sizeMs: size, offsetMs })
}

/** The start of the window that `timestampMs` belongs to. */
export function windowStartOf(windows: TumblingWindows, timestampMs: number): number {
  const { sizeMs, offsetMs } = windows
  return Math.floor((timestampMs - offsetMs) / sizeMs) * sizeMs + offsetMs
}
