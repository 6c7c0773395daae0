/**
 * How time is cut into panes, and windows are made of them: a window is a run of panes, and a pane the longest span that
 * no window's boundary cuts. So a record is gathered once, in its pane, however many windows it belongs to.
 *
 * ```text
 * sliding(10 s, 4 s)    panes of 2 s, 5 to a window, 2 to a slide
 *
 * pane     … -2  -1   0   1   2   3   4   5   6 …
 * window 0            └───────────────┘
 * window 1                    └───────────────┘
 * ```
 */
import type { GlobalWindows } from './global.ts'
import type { SlidingWindows } from './sliding.ts'
import type { TumblingWindows } from './tumbling.ts'
import { zonedGrid } from './zone/zoned-grid.ts'

/** Panes by number. */
export interface PaneGrid {
  /** The pane that an event time lies in. */
  indexOf(timestampMs: number): number
  /** When a pane begins, and the one before it ends. */
  startMs(index: number): number
  /** How far the clocks that panes go by are ahead of UTC; left out, they are UTC's. */
  utcOffsetMs?(instantMs: number): number
}

export interface PaneLayout {
  readonly grid: PaneGrid
  readonly panesPerWindow: number
  readonly panesPerSlide: number
}

export function paneLayoutOf(windows: TumblingWindows | SlidingWindows | GlobalWindows): PaneLayout {
  if (windows.kind === 'global') return { grid: endlessGrid, panesPerWindow: 1, panesPerSlide: 1 }
  const { sizeMs, offsetMs, timeZone } = windows
  const slideMs = windows.kind === 'sliding' ? windows.slideMs : sizeMs
  const paneMs = greatestCommonDivisor(sizeMs, slideMs)
  const grid = timeZone === undefined ? uniformGrid(paneMs, offsetMs) : zonedGrid(timeZone, paneMs, offsetMs)
  return { grid, panesPerWindow: sizeMs / paneMs, panesPerSlide: slideMs / paneMs }
}

export function uniformGrid(sizeMs: number, offsetMs: number): PaneGrid {
  return {
    indexOf: (timestampMs) => Math.floor((timestampMs - offsetMs) / sizeMs),
    startMs: (index) => index * sizeMs + offsetMs,
  }
}

export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

/** One pane for all time. State calls it 0, since it knows no infinite namespace. */
const endlessGrid: PaneGrid = {
  indexOf: () => 0,
  startMs: (index) => (index <= 0 ? 0 : Number.POSITIVE_INFINITY),
}
