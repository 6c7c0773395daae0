/** One window for all time. */

/** How records are put into windows: into one. */
export interface GlobalWindows {
  readonly kind: 'global'
}

/**
 * One window per key, which never ends: it fires when its trigger says so, and at a drain. What it has gathered is kept,
 * also over a drain, unless the trigger purges.
 *
 * Needs no event times. Where there are some, a row has the greatest event time of the records in it.
 *
 * @example orders.pipe(keyBy('userId'), window(global(), { trigger: onCount(100) }), aggregate({ paid: sum('amount') }))
 */
export function global(): GlobalWindows {
  return GLOBAL
}

const GLOBAL: GlobalWindows = Object.freeze({ kind: 'global' })
