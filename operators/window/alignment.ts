/** Where windows of fixed size begin: options of `tumbling` and `sliding`, and how they are checked. */
import type { DurationMs } from '../../topology/duration.ts'
import { TopologyError } from '../../topology/errors.ts'

export interface AlignmentOptions {
  /**
   * Moves all windows: weeks begin on Monday with `days(-3)`, for 1970-01-01 was a Thursday. Less than plus or minus one
   * size (of sliding windows, one slide).
   *
   * @default 0: windows are aligned with 1970-01-01T00:00, so days begin at midnight
   */
  readonly offset?: DurationMs
  /**
   * The clocks that windows go by, as `Europe/Berlin`: a day is from midnight to midnight there, and has 23 or 25 hours
   * when clocks are changed. Windows whose size, or slide, divides an hour have their size always, and are aligned with
   * the zone's hours.
   *
   * @default UTC
   */
  readonly timeZone?: string
}

/** What a window value keeps of the options; a zone only where one is given. */
export interface Alignment {
  readonly offsetMs: number
  readonly timeZone?: string
}

/** Whether a duration can be the size of windows. */
export function isSize(durationMs: number): boolean {
  return Number.isSafeInteger(durationMs) && durationMs > 0
}

/** @throws {TopologyError} `WINDOW_SIZE` when the offset is out of range, `WINDOW_TIME_ZONE` when there is no such zone */
export function alignmentOf(call: string, periodMs: number, options: AlignmentOptions): Alignment {
  const { offset: offsetMs = 0, timeZone } = options
  if (!Number.isSafeInteger(offsetMs) || Math.abs(offsetMs) >= periodMs) {
    throw new TopologyError('WINDOW_SIZE', `${call} can't have an offset of ${offsetMs} ms`, {
      fix: 'The offset is a whole number of milliseconds, between minus and plus the period at which windows begin.',
    })
  }
  if (timeZone === undefined) return { offsetMs }
  try {
    new Intl.DateTimeFormat('en', { timeZone })
  } catch (cause) {
    throw new TopologyError('WINDOW_TIME_ZONE', `${call}: there is no time zone "${timeZone}"`, {
      cause,
      fix: 'Use a name of the IANA time zone database, as in { timeZone: "Europe/Berlin" }.',
    })
  }
  return { offsetMs, timeZone }
}
