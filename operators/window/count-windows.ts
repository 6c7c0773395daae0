/**
 * Windows of a number of records: gathered in panes, as many records long as no window's boundary cuts.
 *
 * Keyed state `counts` has, of each key, how many records have come since it last fired, and its panes from the oldest on.
 */
import { list, tuple, varint } from '../../topology/codec/index.ts'
import type { CountWindows } from './count-window.ts'
import { greatestCommonDivisor } from './pane-grid.ts'
import { ALL_TIME } from './time-window.ts'
import { NO_KEY, NO_KEY_GROUP, type WindowInput, type WindowMechanism, type WindowTools } from './window-mechanism.ts'

type Counted = [records: number, panes: unknown[][]]

export interface CountWindowsOptions extends CountWindows {
  /** Where accumulators have the greatest event time: see `greatestTime`. */
  readonly timeAt: number
}

export function createCountWindows(tools: WindowTools, options: CountWindowsOptions): WindowMechanism {
  const { context, accumulators, fire } = tools
  const { records, every, timeAt } = options
  const paneRecords = greatestCommonDivisor(records, every)
  const panesPerWindow = records / paneRecords
  /** How many panes of a window have part in the next one. */
  const panesKept = Math.max(0, (records - every) / paneRecords)
  const state = context.state.keyed<Counted>({
    name: 'counts',
    codec: tuple(varint, list(accumulators.codec)),
  })

  /** The panes of a window as one. */
  function combined(panes: readonly unknown[][]): readonly unknown[] {
    if (panes.length === 1) return panes[0]!
    const whole = accumulators.create()
    for (const pane of panes) accumulators.merge(whole, pane)
    return whole
  }

  return {
    gather({ rows, timestampsMs, keys, keyGroups }: WindowInput): number[] {
      for (let i = 0; i < rows.length; i++) {
        const keyGroup = keyGroups === undefined ? NO_KEY_GROUP : keyGroups[i]!
        const key = keys === undefined ? NO_KEY : keys[i]!
        let counted = state.update(0, keyGroup, key)
        if (counted === undefined) {
          counted = [0, []]
          state.set(0, keyGroup, key, counted)
        }
        const panes = counted[1]
        if (counted[0] % paneRecords === 0) {
          panes.push(accumulators.create())
          if (panes.length > panesPerWindow) panes.shift()
        }
        accumulators.add(panes[panes.length - 1]!, i, i + 1, rows, timestampsMs)
        if (++counted[0] < every) continue
        counted[0] = 0
        const window = combined(panes)
        fire(key, window, ALL_TIME, window[timeAt] as number)
        panes.splice(0, panes.length - panesKept)
        if (panes.length === 0) state.delete(0, keyGroup, key)
      }
      return []
    },

    // Time has no part in it.
    advance() {},
    fireChanged() {},
    hasChanged: false,
  }
}
