/** The kinds of windows a stream can be cut into. */
import type { CountWindows } from './count-window.ts'
import type { GlobalWindows } from './global.ts'
import type { SessionWindows } from './session.ts'
import type { SlidingWindows } from './sliding.ts'
import type { TumblingWindows } from './tumbling.ts'

/** Windows that event time opens and closes. */
export type TimedWindows = TumblingWindows | SlidingWindows | SessionWindows

export type Windows = TimedWindows | GlobalWindows | CountWindows

/** Whether windows have a beginning and an end in event time. */
export function areTimed(windows: Windows): windows is TimedWindows {
  return windows.kind !== 'global' && windows.kind !== 'count'
}
