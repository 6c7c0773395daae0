/** When windows fire: values to be put together. */
import type { DurationMs } from '../../topology/duration.ts'
import { TopologyError } from '../../topology/errors.ts'
import { isSize } from './alignment.ts'

/** When a window fires, as `onEventTime`, `early`, `onCount` and `purging` describe it. */
export interface Trigger {
  /** Whether it fires at its end and again with every late record, in place of once when its lateness has passed. */
  readonly firesLate: boolean
  /** Whether it forgets, with every firing, what it has gathered. */
  readonly purges: boolean
  /** Fires what has changed, at this period. */
  readonly early?: Period
  /** Fires with every so many records. */
  readonly records?: number
}

/** A period of processing time, or of event time. */
export type Period = {
  readonly everyMs: number
  readonly time: 'processing' | 'event'
}

export interface OnEventTimeOptions {
  /**
   * False: a window fires once, when the watermark has passed its end and the allowed lateness, with all of its records.
   * True: it fires when the watermark passes its end, and again with every record that comes within the allowed lateness,
   * each time with a row that replaces the one before.
   *
   * @default false
   */
  readonly lateFirings?: boolean
}

/**
 * Fires by the watermark alone: the trigger that windows have when none is given.
 *
 * @example window(tumbling(hours(1)), { allowedLateness: minutes(10), trigger: onEventTime({ lateFirings: true }) })
 */
export function onEventTime(options: OnEventTimeOptions = {}): Trigger {
  return Object.freeze({ firesLate: options.lateFirings ?? false, purges: false })
}

/**
 * Fires at a period, before the window's end, what has changed since it last fired; then as `then` says, unless nothing
 * has come since.
 *
 * @example window(tumbling(days(1)), { trigger: early(every(seconds(10))) })
 * @example window(tumbling(days(1)), { trigger: early(every(hours(1), { time: 'event' }), onEventTime({ lateFirings: true })) })
 */
export function early(period: Period, then: Trigger = onEventTime()): Trigger {
  return Object.freeze({ ...then, early: period })
}

/**
 * The period of `early`: of processing time, or of event time, where it is the watermark that passes each multiple of it.
 *
 * @throws {TopologyError} `WINDOW_TRIGGER` when the period is no whole number of milliseconds above 0.
 */
export function every(
  period: DurationMs,
  options: {
    /** @default processing */
    readonly time?: Period['time']
  } = {},
): Period {
  if (!isSize(period))
    throw refused(`every(${period}) is no period`, 'Use a duration above 0, as in every(seconds(10)).')
  return Object.freeze({ everyMs: period, time: options.time ?? 'processing' })
}

/**
 * Fires with every `records` records of a key that have come into a window since it last fired; then as `then` says,
 * unless nothing has come since.
 *
 * @throws {TopologyError} `WINDOW_TRIGGER` when the number is not whole, or below 1.
 * @example window(tumbling(days(1)), { trigger: onCount(100) })
 */
export function onCount(records: number, then: Trigger = onEventTime()): Trigger {
  if (!(Number.isSafeInteger(records) && records > 0)) {
    throw refused(`onCount(${records}) never fires`, 'Use a whole number from 1, as in onCount(100).')
  }
  return Object.freeze({ ...then, records })
}

/**
 * Lets a window forget, with every firing, what it has gathered: each row tells of the records since the row before. Without
 * it a window accumulates: each row tells of all its records so far, and replaces the row before.
 *
 * @example window(global(), { trigger: purging(onCount(100)) })
 */
export function purging(trigger: Trigger): Trigger {
  return Object.freeze({ ...trigger, purges: true })
}

/** Whether a window may fire before its end, and so has to know what has changed since it last did. */
export function tracksChanges(trigger: Trigger): boolean {
  return trigger.early !== undefined || trigger.records !== undefined
}

/** A `WINDOW_TRIGGER` error. */
export function refused(problem: string, fix: string): TopologyError {
  return new TopologyError('WINDOW_TRIGGER', problem, { fix })
}
