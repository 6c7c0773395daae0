/** Say when each record happened, and how far behind the others a record may come. */
import { type AnyStream, append, type ElementOf, type Transform } from '../../topology/stream.ts'
import type { FieldOf } from '../field-of.ts'
import { createEventTime, type TimeOfRecord } from './create-event-time.ts'
import { checkStrategy, type EventTimeOptions, outOfOrdernessOf, strategyParameters } from './watermark-strategy.ts'

/** The time at which its topic took a record in, as the event time: `eventTime(recordTimestamp, …)`. */
export const recordTimestamp: unique symbol = Symbol('recordTimestamp')

/**
 * Gives every record its event time, and the stream its watermarks.
 *
 * The event time is a timestamp column by name (microseconds in the row), a function's value in milliseconds since the
 * epoch, or {@link recordTimestamp}: when the topic took the record in. The watermark is the promise that nothing older is expected: per split of the source, the greatest event
 * time so far − `outOfOrderness` − 1 ms; over all splits the least of them, idle ones left out. It goes out when it has
 * grown, behind the batch that made it grow. A record that comes later than that is not lost: it passes, and each
 * operator that works in event time decides by its own horizon or allowed lateness. Other watermarks: {@link monotonous},
 * {@link punctuated}; streams without event times: {@link processingTime}.
 *
 * Stand it near the source: behind an exchange (`keyBy`) splits can't be told apart, and the fastest of them decides. Before a
 * `union`, too, on each of its streams: where these come from one source, its batches arrive branch by branch, and what the
 * first branch brings would make the others late. It replaces watermarks from before it. Keying is preserved. Split state: the greatest event time per split and the last
 * watermark, so that after a restore lateness is judged as before it. At a drain +∞ passes through, and the state keeps
 * the last real watermark.
 *
 * Guarantee: the watermark never falls back, also over crashes and rescales.
 *
 * @throws {TopologyError} `OUT_OF_ORDERNESS` when a duration is negative or no number, `ALIGNMENT` likewise.
 * @throws {OperatorError} naming the operator and the record, when its time is null, NaN or infinite, or the watermark that
 * it brings is.
 * @example events.pipe(eventTime('event_timestamp', { outOfOrderness: minutes(10) }))
 * @example readings.pipe(eventTime((reading) => reading.seconds * 1000, { outOfOrderness: seconds(5) }))
 */
export function eventTime<S extends AnyStream>(
  time: FieldOf<ElementOf<S>, bigint> | ((value: ElementOf<S>) => number) | typeof recordTimestamp,
  options: EventTimeOptions<ElementOf<S>>,
): Transform<S, S> {
  checkStrategy(options)
  const { name, what, by, timeOf } = timeSource(time as string | TimeOfRecord | typeof recordTimestamp)
  const settings = {
    timeOf,
    what,
    outOfOrdernessMs: outOfOrdernessOf(options),
    punctuation: 'punctuation' in options ? options.punctuation : undefined,
    aligns: options.align !== undefined,
  }
  return (input) =>
    append(input, {
      uid: options.name ?? name,
      kind: 'eventTime',
      parameters: { by, ...strategyParameters(options) },
      behaviour: { type: 'operator', create: (context) => createEventTime(context, settings) },
      columns: { out: 'same' },
      time: 'assigns',
      key: 'keeps',
      stateful: true,
    })
}

/** How a time is called, and read. */
function timeSource(time: string | TimeOfRecord | typeof recordTimestamp) {
  if (typeof time === 'string') {
    const timeOf: TimeOfRecord = (row) => microsToMs(row[time])
    return { name: `eventTime(${time})`, what: time, by: time, timeOf }
  }
  if (typeof time === 'function') {
    return { name: 'eventTime', what: 'the event time function', by: 'function', timeOf: time }
  }
  const timeOf: TimeOfRecord = (_row, givenMs) => givenMs
  return { name: 'eventTime(recordTimestamp)', what: 'the source', by: 'recordTimestamp', timeOf }
}

/** Floored, so that no record is younger than it was. NaN when there is none. */
function microsToMs(micros: unknown): number {
  if (typeof micros !== 'bigint') return Number.NaN
  const number = Number(micros)
  if (Number.isSafeInteger(number)) return Math.floor(number / 1000)
  return Number(micros / 1000n) - (micros < 0n && micros % 1000n !== 0n ? 1 : 0)
}
