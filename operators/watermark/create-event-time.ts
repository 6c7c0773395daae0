/** The behaviour of `eventTime`. */
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import { describeValue } from '../../topology/describe-value.ts'
import { Batch, type Idle, MIN_WATERMARK_MS, type Watermark } from '../../topology/element.ts'
import { OperatorError } from '../../topology/errors.ts'
import type { Json } from '../../topology/json.ts'
import { describeResult, userFunctionError } from '../../topology/user-function.ts'
import { ONLY_SPLIT, SplitWatermarks } from './split-watermarks.ts'
import { restoredTime, timeEntries } from './subtask-times.ts'

const PUNCTUATION = 'the punctuation function'

/** The event time of a row, milliseconds since the epoch; `givenMs` is that which it came with. */
export type TimeOfRecord = (row: any, givenMs: number) => number

export interface EventTimePlan {
  readonly timeOf: TimeOfRecord
  /** What errors call it. */
  readonly what: string
  readonly outOfOrdernessMs: number
  /** In place of out-of-orderness: the watermark that a record brings. */
  readonly punctuation: ((record: any, timestampMs: number) => number | undefined) | undefined
  /** The source's task is told how far each split has come. */
  readonly aligns: boolean
}

export function createEventTime(context: OperatorContext, plan: EventTimePlan): Operator {
  const { timeOf, what, outOfOrdernessMs, punctuation, aligns } = plan
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

  /** Writes down the event time of each row, and returns the greatest. One try around all: in the loop V8 inlines the call. */
  function readTimes(rows: readonly unknown[], givenMs: Float64Array | undefined, into: Float64Array): number {
    let maxMs = MIN_WATERMARK_MS
    let at = 0
    try {
      for (; at < rows.length; at++) {
        const timeMs: unknown = timeOf(rows[at], givenMs === undefined ? Number.NaN : givenMs[at]!)
        if (typeof timeMs !== 'number' || !Number.isFinite(timeMs)) throw noTime(rows[at], timeMs)
        into[at] = timeMs
        if (timeMs > maxMs) maxMs = timeMs
      }
    } catch (error) {
      throw userFunctionError(uid, what, rows[at], error)
    }
    return maxMs
  }

  function noTime(row: unknown, timeMs: unknown): OperatorError {
    return new OperatorError(
      `${uid}: ${what} gives no event time but ${describeResult(timeMs)} for ${describeValue(row)}`,
      {
        fix: 'Quarantine records without a valid time before it, for example with expect() and isoTimestamp().',
        details: { uid, function: what, value: describeValue(row) },
      },
    )
  }

  /** What a record with a punctuation says of its split: as a record at this time would, if nothing came out of order. */
  function punctuationOf(row: unknown, timeMs: number, fn: NonNullable<typeof punctuation>): number {
    let watermarkMs: unknown
    try {
      watermarkMs = fn(row, timeMs)
    } catch (error) {
      throw userFunctionError(uid, PUNCTUATION, row, error)
    }
    if (watermarkMs === undefined) return MIN_WATERMARK_MS
    // A watermark says that all up to it are there; the time of a record does so of all before it.
    if (typeof watermarkMs === 'number' && Number.isFinite(watermarkMs)) return watermarkMs + 1
    throw new OperatorError(
      `${uid}: ${PUNCTUATION} gives no watermark but ${describeResult(watermarkMs)} for ${describeValue(row)}`,
      {
        fix: 'Return milliseconds since the epoch, or undefined for a record that brings no watermark.',
        details: { uid, function: PUNCTUATION, value: describeValue(row) },
      },
    )
  }

  function greatestPunctuation(rows: readonly unknown[], timesMs: Float64Array, fn: NonNullable<typeof punctuation>) {
    return rows.reduce<number>(
      (maxMs, row, at) => Math.max(maxMs, punctuationOf(row, timesMs[at]!, fn)),
      MIN_WATERMARK_MS,
    )
  }

  function reportProgress(split: number): void {
    const splitMs = watermarks.watermarkOf(split)
    if (aligns && split !== ONLY_SPLIT && splitMs > MIN_WATERMARK_MS) context.reportSplit(split, splitMs)
  }

  return {
    onBatch(batch: Batch) {
      repeatRestored()
      const rows = batch.values
      const timestampsMs = new Float64Array(rows.length)
      const maxMs = readTimes(rows, batch.timestampsMs, timestampsMs)
      const progressMs = punctuation === undefined ? maxMs : greatestPunctuation(rows, timestampsMs, punctuation)
      const { keys, keyGroups, kinds, split = ONLY_SPLIT, origin } = batch
      context.emit('out', new Batch(rows, { timestampsMs, keys, keyGroups, kinds, split: batch.split, origin }))
      watermarks.observe(split, progressMs)
      reportProgress(split)
      const grownMs = watermarks.takeGrown()
      if (grownMs !== undefined) context.emitWatermark({ kind: 'watermark', timestampMs: grownMs })
    },

    onWatermark(watermark: Watermark) {
      repeatRestored()
      if (watermark.split !== undefined) {
        watermarks.announce(watermark.split)
        reportProgress(watermark.split)
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
