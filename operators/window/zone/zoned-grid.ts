/** Panes by the clocks of a time zone. */
import type { PaneGrid } from '../pane-grid.ts'
import { uniformGrid } from '../pane-grid.ts'
import { ZoneOffsets } from './zone-offsets.ts'

const HOUR_MS = 3_600_000
/** Any moment of our time: what clocks are ahead by in fractions of an hour, a zone changes once in a lifetime. */
const REFERENCE_MS = Date.UTC(2025, 0, 1)

/**
 * Panes that divide an hour have their size always: hours begin with the zone's hours, and of the hour that is shown twice
 * there are two. Others begin when clocks show a multiple of their size for the first time, and end where the next
 * begins, as Flink's do: a day has 23 or 25 hours when clocks are changed, and four hours are three or five.
 */
export function zonedGrid(timeZone: string, sizeMs: number, offsetMs: number): PaneGrid {
  const zone = new ZoneOffsets(timeZone)
  const utcOffsetMs = (instantMs: number) => zone.at(instantMs)
  if (HOUR_MS % sizeMs === 0) {
    return { ...uniformGrid(sizeMs, (offsetMs - zone.at(REFERENCE_MS)) % sizeMs), utcOffsetMs }
  }
  const startMs = (index: number) => zone.firstInstantOf(index * sizeMs + offsetMs)
  return {
    startMs,
    utcOffsetMs,
    indexOf(timestampMs) {
      let index = Math.floor((timestampMs + zone.at(timestampMs) - offsetMs) / sizeMs)
      // Where clocks have been put back, a pane has begun that they show no more, or not yet again.
      while (startMs(index + 1) <= timestampMs) index++
      return index
    },
  }
}
