/** Say when each record happened, and how far behind the others a record may come. */
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import { describeValue } from '../../topology/describe-value.ts'
import type { DurationMs } from '../../topology/duration.ts'
import { Batch, type Idle, MIN_WATERMARK_MS, type Watermark } from '../../topology/element.ts'
import { OperatorError, TopologyError } from '../../topology/errors.ts'
import type { Json } from '../../topology/json.ts'
import { type AnyStream, append, type ElementOf, type Transform } from '../../topology/stream.ts'
import { describeResult, userFunctionError } from '../../topology/user-function.ts'
import type { FieldOf } from '../field-of.ts'
import { ONLY_SPLIT, SplitWatermarks } from './split-watermarks.ts'
import { restoredTime, timeEntries } from './subtask-times.ts'

export interface EventTimeOptions {
  /** How much older than the newest record of its split a record may be and still be on time. */
  readonly outOfOrderness: DurationMs
  /**
   * A split that has had no data for this long, by the clock, holds back the others no more, until its next record. It is
   * the source's task that tells; a split at the end of a bounded run is not idle.
   *
   * @default never
   */
  readonly idleAfter?: DurationMs
  /**
   * Names the operator's state, where the default would collide.
   *
   * @default eventTime(…) with the field
   */
  readonly name?: string
}

/**
 * Gives every record its event time, and the stream its watermarks.
 *
 * The event time is a timestamp column by name (microseconds in the row), or a function's value in milliseconds since
 * the epoch. The watermark is the promise that nothing older is expected: per split of the source, the greatest event
 * time so far − `outOfOrderness` − 1 ms; over all splits the least of them, idle ones left out. It goes out when it has
 * grown, behind the batch that made it grow. A record that comes later than that is not lost: it passes, and each
 * operator that works in event time decides by its own horizon or allowed lateness.
 *
 * Stand it near the source: behind an exchange (`keyBy`) splits can't be told apart, and the fastest of them decides. It
 * replaces watermarks from before it. Keying is preserved. Split state: the greatest event time per split and the last
 * watermark, so that after a restore lateness is judged as before it. At a drain +∞ passes through, and the state keeps
 * the last real watermark.
 *
 * Guarantee: the watermark never falls back, also over crashes and rescales.
 *
 * @throws {TopologyError} `OUT_OF_ORDERNESS` when a duration is negative or no number.
 * @throws {OperatorError} naming the operator and the record, when its time is null, NaN or infinite.
 * @example events.pipe(eventTime('event_timestamp', { outOfOrderness: minutes(10) }))
 * @example readings.pipe(eventTime((reading) => reading.seconds * 1000, { outOfOrderness: seconds(5) }))
 */
export function eventTime<S extends AnyStream>(
  time: FieldOf<ElementOf<S>, bigint> | ((value: ElementOf<S>) => number),
  options: EventTimeOptions,
): Transform<S, S> {
  const { outOfOrderness: outOfOrdernessMs, idleAfter: idleAfterMs } = options
  if (
    !(Number.isSafeInteger(outOfOrdernessMs) && outOfOrdernessMs >= 0) ||
    (idleAfterMs !== undefined && !(idleAfterMs > 0))
  ) {
    throw new TopologyError(
      'OUT_OF_ORDERNESS',
      `eventTime(): outOfOrderness ${outOfOrdernessMs} ms, idleAfter ${idleAfterMs} ms`,
      {
        fix: 'outOfOrderness is a duration of 0 or more, idleAfter one above 0: { outOfOrderness: minutes(10) }.',
      },
    )
  }
  const field = typeof time === 'string' ? (time as string) : undefined
  const timeOf: TimeOf = field === undefined ? (time as TimeOf) : (row) => microsToMs(row[field])
  const settings = { timeOf, what: field ?? 'the event time function', outOfOrdernessMs }
  return (input) =>
    append(input, {
      uid: options.name ?? (field === undefined ? 'eventTime' : `eventTime(${field})`),
      kind: 'eventTime',
      parameters: { by: field ?? 'function', outOfOrdernessMs, ...(idleAfterMs !== undefined && { idleAfterMs }) },
      behaviour: { type: 'operator', create: (context) => createEventTime(context, settings) },
      columns: { out: 'same' },
      time: 'assigns',
      key: 'keeps',
      stateful: true,
    })
}

type TimeOf = (row: any) => number

interface Settings {
  readonly timeOf: TimeOf
  readonly what: string
  readonly outOfOrdernessMs: number
}

function createEventTime(context: OperatorContext, settings: Settings): Operator {
  const { timeOf, what, outOfOrdernessMs } = settings
  const { uid } = context
  const times = context.state.split('times')
  const watermarks = new SplitWatermarks(
    outOfOrdernessMs,
    restoredMaxima(times.restored),
    restoredTime(context, times.restored, 'watermark', 'least'),
  )
  times.onSnapshot(() => {
    const entries = timeEntries(context, { watermark: watermarks.watermarkMs })
    // Only of splits that are read here: entries of all subtasks are put together by name.
    for (const [split, maxMs] of watermarks.maxima()) entries.set(`split/${split}`, maxMs)
    return entries
  })

  /** After a restore the last watermark goes out again, before anything else: whoever merges several has to know it. */
  let isToRepeat = watermarks.watermarkMs > MIN_WATERMARK_MS
  function repeatRestored(): void {
    if (!isToRepeat) return
    isToRepeat = false
    context.emitWatermark({ kind: 'watermark', timestampMs: watermarks.watermarkMs })
  }

  function timeOfRow(row: unknown): number {
    let timeMs: unknown
    try {
      timeMs = timeOf(row)
    } catch (error) {
      throw userFunctionError(uid, what, row, error)
    }
    if (typeof timeMs === 'number' && Number.isFinite(timeMs)) return timeMs
    throw new OperatorError(
      `${uid}: ${what} gives no event time but ${describeResult(timeMs)} for ${describeValue(row)}`,
      {
        fix: 'Quarantine records without a valid time before it, for example with expect() and isoTimestamp().',
        details: { uid, value: describeValue(row) },
      },
    )
  }

  return {
    onBatch(batch: Batch) {
      repeatRestored()
      const rows = batch.values
      const timestampsMs = new Float64Array(rows.length)
      let maxMs = MIN_WATERMARK_MS
      for (let i = 0; i < rows.length; i++) {
        const timeMs = timeOfRow(rows[i])
        timestampsMs[i] = timeMs
        if (timeMs > maxMs) maxMs = timeMs
      }
      const { keys, keyGroups, kinds, split = ONLY_SPLIT, origin } = batch
      context.emit('out', new Batch(rows, { timestampsMs, keys, keyGroups, kinds, split: batch.split, origin }))
      watermarks.observe(split, maxMs)
      const grownMs = watermarks.takeGrown()
      if (grownMs !== undefined) context.emitWatermark({ kind: 'watermark', timestampMs: grownMs })
    },

    onWatermark(watermark: Watermark) {
      repeatRestored()
      if (watermark.split !== undefined) {
        watermarks.announce(watermark.split)
        return undefined
      }
      return watermark.timestampMs === Number.POSITIVE_INFINITY ? watermark : undefined
    },

    onIdle(idle: Idle) {
      repeatRestored()
      watermarks.idle(idle.split ?? ONLY_SPLIT)
      if (!watermarks.anyActive) return { kind: 'idle' }
      const grownMs = watermarks.takeGrown()
      return grownMs === undefined ? undefined : { kind: 'watermark', timestampMs: grownMs }
    },
  }
}

/** The greatest event time of every split, whichever subtask read it. */
function restoredMaxima(restored: ReadonlyMap<string, Json>): Map<number, number> {
  const maxima = new Map<number, number>()
  for (const [entry, maxMs] of restored) {
    const split = /^split\/(\d+)$/.exec(entry)?.[1]
    if (split !== undefined) maxima.set(Number(split), maxMs as number)
  }
  return maxima
}

/** Floored, so that no record is younger than it was. NaN when there is none. */
function microsToMs(micros: unknown): number {
  if (typeof micros !== 'bigint') return Number.NaN
  const number = Number(micros)
  if (Number.isSafeInteger(number)) return Math.floor(number / 1000)
  return Number(micros / 1000n) - (micros < 0n && micros % 1000n !== 0n ? 1 : 0)
}
