/** How far behind the others a record may come: what makes the watermarks of a stream. */
import type { DurationMs } from '../../topology/duration.ts'
import { TopologyError } from '../../topology/errors.ts'
import type { Json } from '../../topology/json.ts'

/** Keeps those that are ahead in event time from running away from the others. */
export interface AlignOptions {
  /** Splits and sources of one job that name the same group wait for each other. */
  readonly group: string
  /** By how much a split may be ahead of the slowest one before it is read no further. */
  readonly maxDrift: DurationMs
}

export interface TimeOptions {
  /**
   * A split that has had no data for this long, by the clock, holds back the others no more, until its next record. It is
   * the source's task that tells; a split at the end of a bounded run is not idle.
   *
   * @default never
   */
  readonly idleAfter?: DurationMs
  /**
   * Splits that are ahead are read no further until the others have caught up: state that waits for the slowest stays
   * small. Idle splits, those at their end, and those without any record yet hold nobody back. Across subtasks and
   * sources the drift is known from once a second, and may be greater by what is read meanwhile.
   *
   * @default as fast as each can be read
   * @see https://cwiki.apache.org/confluence/display/FLINK/FLIP-217
   */
  readonly align?: AlignOptions
  /**
   * Names the operator's state, where the default would collide.
   *
   * @default eventTime(…) with the field
   */
  readonly name?: string
}

export interface BoundedOptions extends TimeOptions {
  /** How much older than the newest record of its split a record may be and still be on time. */
  readonly outOfOrderness: DurationMs
}

export interface PunctuatedOptions<T> extends TimeOptions {
  /** The watermark that a record brings, milliseconds since the epoch; undefined for none. */
  readonly punctuation: (record: T, timestampMs: number) => number | undefined
}

/** Made by hand, or by {@link monotonous} or {@link punctuated}. */
export type EventTimeOptions<T = any> = BoundedOptions | PunctuatedOptions<T>

/**
 * For splits whose records come in the order of their event times.
 *
 * @example readings.pipe(eventTime((reading) => reading.seconds * 1000, monotonous({ idleAfter: seconds(30) })))
 */
export function monotonous(options: TimeOptions = {}): BoundedOptions {
  return { ...options, outOfOrderness: 0 as DurationMs }
}

/**
 * For streams whose records say themselves that all before them are there. A watermark goes out behind the batch of the
 * record that brought it; one that is not greater than those before it in its split is not heeded.
 *
 * @example entries.pipe(eventTime('at', punctuated((entry) => (entry.kind === 'end of day' ? entry.dayEndMs : undefined))))
 */
export function punctuated<T>(
  punctuation: (record: T, timestampMs: number) => number | undefined,
  options: TimeOptions = {},
): PunctuatedOptions<T> {
  return { ...options, punctuation }
}

export function outOfOrdernessOf(options: EventTimeOptions): number {
  return 'outOfOrderness' in options ? options.outOfOrderness : 0
}

/** @throws {TopologyError} `OUT_OF_ORDERNESS`, `ALIGNMENT` */
export function checkStrategy(options: EventTimeOptions): void {
  const { idleAfter: idleAfterMs, align } = options
  const outOfOrdernessMs = outOfOrdernessOf(options)
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
  if (align !== undefined && (align.group === '' || !(align.maxDrift >= 0))) {
    throw new TopologyError('ALIGNMENT', `eventTime(): align by ${align.maxDrift} ms in the group "${align.group}"`, {
      fix: "The group has a name, and maxDrift is a duration of 0 or more: { group: 'orders', maxDrift: minutes(5) }.",
    })
  }
}

/** What a plan shows, and the source's task goes by. */
export function strategyParameters(options: EventTimeOptions): Readonly<Record<string, Json>> {
  const { idleAfter: idleAfterMs, align } = options
  return {
    ...('punctuation' in options ? { watermarks: 'punctuated' } : { outOfOrdernessMs: options.outOfOrderness }),
    ...(idleAfterMs !== undefined && { idleAfterMs }),
    ...(align !== undefined && { align: { group: align.group, maxDriftMs: align.maxDrift } }),
  }
}
