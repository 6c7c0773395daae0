/** Let records happen when they are read. */
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import { type DurationMs, milliseconds } from '../../topology/duration.ts'
import { Batch, MAX_WATERMARK_MS, MIN_WATERMARK_MS, type Watermark } from '../../topology/element.ts'
import { TopologyError } from '../../topology/errors.ts'
import { type AnyStream, append, type Transform } from '../../topology/stream.ts'
import { restoredTime, timeEntries } from './subtask-times.ts'

export interface ProcessingTimeOptions {
  /** How often the watermark follows the clock, also when no records come. @default 200 ms */
  readonly every?: DurationMs
  /** Names the operator's state, where the default would collide. @default 'processingTime' */
  readonly name?: string
}

/**
 * Gives every record the time of the clock for its event time, so that windows, timers and joins behind it work in
 * processing time, unchanged.
 *
 * The watermark is the clock less a millisecond: behind every batch, and at each multiple of `every`, so that a window
 * closes when its time is over whether or not records come. No record is ever late. It replaces event times and watermarks
 * from before it; keying is preserved. Split state: the last time it gave; a clock that stands before it after a restore,
 * or is set back, is waited for, so that time never regresses.
 *
 * What is lost: which window a record falls into depends on when it was read. The same input gives other results in
 * another run, and after a failure: records since the last checkpoint are read again at a later time.
 *
 * Guarantee: the watermark never falls back, also over crashes and rescales.
 *
 * @throws {TopologyError} `PROCESSING_TIME` when `every` is no duration above 0.
 * @example bids.pipe(processingTime(), keyBy('bidder'), window(tumbling(seconds(10))), aggregate({ bids: count() }))
 */
export function processingTime<S extends AnyStream>(options: ProcessingTimeOptions = {}): Transform<S, S> {
  const { every: everyMs = milliseconds(200), name: uid = 'processingTime' } = options
  if (!(everyMs > 0 && everyMs < Number.POSITIVE_INFINITY)) {
    throw new TopologyError('PROCESSING_TIME', `${uid}: every ${everyMs} ms`, {
      fix: 'every is a duration above 0: { every: milliseconds(200) }.',
    })
  }
  return (input) =>
    append(input, {
      uid,
      kind: 'processingTime',
      parameters: { everyMs },
      behaviour: { type: 'operator', create: (context) => createProcessingTime(context, everyMs) },
      columns: { out: 'same' },
      time: 'assigns',
      key: 'keeps',
      stateful: true,
    })
}

function createProcessingTime(context: OperatorContext, everyMs: number): Operator {
  const times = context.state.split('times')
  let timeMs = restoredTime(context, times.restored, 'time', 'greatest')
  let watermarkMs = MIN_WATERMARK_MS
  times.onSnapshot(() => timeEntries(context, { time: timeMs }))
  context.wake()

  function readClock(): number {
    timeMs = Math.max(timeMs, context.clock.nowMs())
    return timeMs
  }

  function sendWatermark(): void {
    if (timeMs - 1 <= watermarkMs) return
    watermarkMs = timeMs - 1
    context.emitWatermark({ kind: 'watermark', timestampMs: watermarkMs })
  }

  return {
    onBatch(batch: Batch) {
      const { values, keys, keyGroups, kinds, split, origin } = batch
      const timestampsMs = new Float64Array(batch.length).fill(readClock())
      context.emit('out', new Batch(values, { timestampsMs, keys, keyGroups, kinds, split, origin }))
      sendWatermark()
    },

    /** Only the end of a drain is more than the clock knows; no time comes behind it. */
    onWatermark(watermark: Watermark) {
      if (watermark.timestampMs !== MAX_WATERMARK_MS) return undefined
      watermarkMs = MAX_WATERMARK_MS
      return watermark
    },

    /** Time passes for those who wait for it all the same. */
    onIdle: () => undefined,

    onWake(nowMs: number) {
      readClock()
      sendWatermark()
      context.wake((Math.floor(nowMs / everyMs) + 1) * everyMs)
    },
  }
}
