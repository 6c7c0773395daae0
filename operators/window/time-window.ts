/** The span of event time that a window is. */

/** `startMs` inclusive, `endMs` exclusive, milliseconds since the epoch; from −∞ to +∞ of windows that no time ends. */
export interface TimeWindow {
  readonly startMs: number
  readonly endMs: number
  /** Of windows in a time zone: how far its clocks are ahead of UTC when the window begins. */
  readonly utcOffsetMs?: number
}

/** What `global` and `countWindow` cut a stream into. */
export const ALL_TIME: TimeWindow = Object.freeze({
  startMs: Number.NEGATIVE_INFINITY,
  endMs: Number.POSITIVE_INFINITY,
})
