/** Timelines as text: events and windows below each other, for tests that show what they check. */
import { milliseconds } from '../../topology/duration.ts'
import type { TimelineOptions } from './timeline.ts'

/** A moment with a word to it. */
export interface Mark {
  readonly atMs: number
  readonly label: string
}

/** A stretch of time with a word to it, such as a window: from `startMs` up to, but without, `endMs`. */
export interface Span {
  readonly startMs: number
  readonly endMs: number
  readonly label: string
}

/** A diagram as `timeline` reads it, moments, or stretches. What overlaps goes to further lines. */
export type Lane = string | readonly (Mark | Span)[]

export interface DrawOptions extends TimelineOptions {
  /** How a time is written. @default milliseconds */
  readonly label?: (atMs: number) => string
}

/** Characters between two times of the axis. */
const TICK = 10

/**
 * Draws lanes below an axis of time, in the manner of `timeline`.
 *
 * ```text
 *          0         10        20
 * events   a--b------c-->|
 * windows  [--------) ann 2
 *                    [--------) ann 1
 * ```
 *
 * @example
 * const drawn = drawTimeline({
 *   events: 'a--b------c-->|',
 *   windows: [{ startMs: 0, endMs: 10, label: 'ann 2' }, { startMs: 10, endMs: 20, label: 'ann 1' }],
 * })
 */
export function drawTimeline(lanes: Readonly<Record<string, Lane>>, options: DrawOptions = {}): string {
  const { frameMs = milliseconds(1), startMs = 0, label = String } = options
  const column = (atMs: number) => Math.floor((atMs - startMs) / frameMs)
  const drawn = Object.entries(lanes).map(([name, lane]) => [name, linesOf(lane, column)] as const)
  const width = Math.max(0, ...drawn.flatMap(([, lines]) => lines.map((line) => line.length)))
  const ticks = Array.from({ length: Math.ceil(width / TICK) }, (_, index) => ({
    column: index * TICK,
    text: label(startMs + index * TICK * frameMs),
  }))
  const margin = Math.max(0, ...drawn.map(([name]) => name.length)) + 2
  return [['', layOut(ticks)] as const, ...drawn]
    .flatMap(([name, lines]) => lines.map((line, index) => (index === 0 ? name : '').padEnd(margin) + line))
    .map((line) => line.trimEnd())
    .join('\n')
}

interface Item {
  readonly column: number
  readonly text: string
}

function linesOf(lane: Lane, column: (atMs: number) => number): readonly string[] {
  if (typeof lane === 'string') return [lane.replaceAll(' ', '')]
  return layOut(
    lane.map((each) => {
      if ('atMs' in each) return { column: column(each.atMs), text: each.label }
      const [from, to] = [column(each.startMs), column(each.endMs)]
      return { column: from, text: `[${'-'.repeat(Math.max(0, to - from - 2))}) ${each.label}` }
    }),
  )
}

/** Each item on the first line that has room for it. */
function layOut(items: readonly Item[]): readonly string[] {
  const lines: string[] = []
  for (const { column, text } of items.toSorted((a, b) => a.column - b.column)) {
    const at = lines.findIndex((line) => line.length === 0 || line.length < column)
    const line = at < 0 ? lines.push('') - 1 : at
    lines[line] = lines[line]!.padEnd(column) + text
  }
  return lines.length === 0 ? [''] : lines
}
