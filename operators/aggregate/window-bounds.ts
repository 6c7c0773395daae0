/** The window itself as a column. */
import { varint } from '../../topology/codec/index.ts'
import type { TimeWindow } from '../window/tumbling.ts'
import type { Aggregate } from './aggregate.ts'

const DAY_MS = 86_400_000

/** When the window begins: a timestamptz. @example aggregate({ from: windowStart(), total: sum('amount') }) */
export function windowStart(): Aggregate<unknown, bigint> {
  return ofWindow('windowStart()', (window) => BigInt(window.startMs) * 1000n)
}

/** When the window ends, exclusive: a timestamptz. */
export function windowEnd(): Aggregate<unknown, bigint> {
  return ofWindow('windowEnd()', (window) => BigInt(window.endMs) * 1000n)
}

/** The UTC day on which the window begins: a date. */
export function windowDay(): Aggregate<unknown, number> {
  return ofWindow('windowDay()', (window) => Math.floor(window.startMs / DAY_MS))
}

/** Gathers nothing: its accumulator is a 0 of one byte. */
function ofWindow<R>(description: string, result: (window: TimeWindow) => R): Aggregate<unknown, R, number> {
  return {
    description,
    reads: [],
    codec: varint,
    create: () => 0,
    add: (accumulator) => accumulator,
    merge: (into) => into,
    result: (_accumulator, window) => result(window),
  }
}
