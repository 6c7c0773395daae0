/** Windows of a number of records. */
import { TopologyError } from '../../topology/errors.ts'

/** How records are put into windows: by how many have come. */
export interface CountWindows {
  readonly kind: 'count'
  readonly records: number
  readonly every: number
}

/**
 * Windows of `records` records of a key, in the order of their arrival; with `every`, the last `records` of them at every
 * so many, and fewer at the beginning.
 *
 * A window fires with its last record, and at no other time: one that is not full stays in state, also over a drain.
 * Needs no event times. Where there are some, a row has the greatest event time of the records in it.
 *
 * @throws {TopologyError} `WINDOW_SIZE` when a number is not whole, or below 1.
 * @example readings.pipe(keyBy('sensor'), window(countWindow(100)), aggregate({ last: max('seconds') }))
 * @example readings.pipe(keyBy('sensor'), window(countWindow(100, 10)), aggregate({ last: max('seconds') }))
 */
export function countWindow(records: number, every: number = records): CountWindows {
  const isCount = (count: number) => Number.isSafeInteger(count) && count > 0
  if (!isCount(records) || !isCount(every)) {
    throw new TopologyError('WINDOW_SIZE', `countWindow(${records}, ${every}) makes no windows`, {
      fix: 'Both are whole numbers from 1, as in countWindow(100, 10).',
    })
  }
  return Object.freeze({ kind: 'count', records, every })
}
