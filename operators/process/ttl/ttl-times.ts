/** The times by which the state of a process function expires. */
import type { Clock } from '../../../topology/contract/clock.ts'
import type { KeyScope } from '../key-scope.ts'
import type { TtlTimes } from '../state/open-states.ts'

/** In event time, of a record: its own, or the watermark where that is further. */
export function ttlTimes(clock: Clock, scope: KeyScope, watermarkMs: () => number): TtlTimes {
  return {
    event: {
      nowMs(state) {
        const nowMs = Math.max(watermarkMs(), scope.timestampMs ?? Number.NEGATIVE_INFINITY)
        if (nowMs > Number.NEGATIVE_INFINITY) return nowMs
        throw new TypeError(`state ${state} expires by event time, and there is none yet`)
      },
      get pastMs() {
        return watermarkMs()
      },
    },
    processing: {
      nowMs: () => clock.nowMs(),
      get pastMs() {
        return clock.nowMs()
      },
    },
  }
}
