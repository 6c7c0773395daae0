/** Windows of fixed size that begin at a shorter period, and so overlap. */
import type { DurationMs } from '../../topology/duration.ts'
import { TopologyError } from '../../topology/errors.ts'
import { type Alignment, type AlignmentOptions, alignmentOf, isSize } from './alignment.ts'

/** How event times are cut into windows. */
export interface SlidingWindows extends Alignment {
  readonly kind: 'sliding'
  readonly sizeMs: number
  readonly slideMs: number
}

export type SlidingOptions = AlignmentOptions

/**
 * Windows of `size`, one beginning every `slide`: each event time belongs to size ÷ slide of them.
 *
 * A record is gathered once, however many windows it belongs to: into a pane, as long as the greatest common divisor of
 * size and slide. A window that fires puts its panes together.
 *
 * @throws {TopologyError} `WINDOW_SIZE` when size or slide is no whole number of milliseconds above 0, or the slide is
 * longer than the size; `WINDOW_TIME_ZONE` when there is no such zone.
 * @example window(sliding(seconds(10), seconds(2)))
 */
export function sliding(size: DurationMs, slide: DurationMs, options: SlidingOptions = {}): SlidingWindows {
  const call = `sliding(${size}, ${slide})`
  if (!isSize(size) || !isSize(slide) || slide > size) {
    throw new TopologyError('WINDOW_SIZE', `${call} makes no windows that overlap`, {
      fix: 'Size and slide are whole numbers of milliseconds above 0, and the slide is no longer than the size.',
    })
  }
  return Object.freeze({ kind: 'sliding', sizeMs: size, slideMs: slide, ...alignmentOf(call, slide, options) })
}
