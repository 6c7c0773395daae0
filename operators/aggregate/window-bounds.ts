/** The window itself as a column. */
import { varint } from '../../topology/codec/index.ts'
import type { TimeWindow } from '../window/time-window.ts'
import type { Aggregate } from './aggregate.ts'

const DAY_MS = 86_400_000

/**
 * When the window begins: a timestamptz.
 *
 * @example aggregate({ from: windowStart(), total: sum('amount') })
 */
export function windowStart(): Aggregate<unknown, bigint> {
  return ofWindow('windowStart()', (window) => BigInt(window.startMs) * 1000n)
}

/** When the window ends, exclusive: a timestamptz. */
export function windowEnd(): Aggregate<unknown, bigint> {
  return ofWindow('windowEnd()', (window) => BigInt(window.endMs) * 1000n)
}

/** The day on which the window begins, in the time zone of the windows or else in UTC: a date. */
export function windowDay(): Aggregate<unknown, number> {
  return ofWindow('windowDay()', ({ startMs, utcOffsetMs = 0 }) => Math.floor((startMs + utcOffsetMs) / DAY_MS))
}

/** Gathers nothing: its accumulator is a 0 of one byte. The rows of one window share one result. */
function ofWindow<R>(description: string, result: (window: TimeWindow) => R): Aggregate<unknown, R, number> {
  let last: { readonly window: TimeWindow; readonly result: R } | undefined
  return {
    description,
    reads: [],
    needsBounds: true,
    codec: varint,
    create: () => 0,
    add: (accumulator) => accumulator,
    merge: (into) => into,
    result(_accumulator, window) {
      if (last?.window !== window) last = { window, result: result(window) }
      return last.result
    },
  }
}
