/** Drop what has been seen before. */
import type { Operator, OperatorContext } from '../topology/contract/operator.ts'
import type { DurationMs } from '../topology/duration.ts'
import type { Batch, Key, Watermark } from '../topology/element.ts'
import { pickRows } from '../topology/selection.ts'
import { type AnyStream, appendWithSides, type ElementOf, type Stream, type Transform } from '../topology/stream.ts'
import type { FieldOf } from './field-of.ts'
import { createFirstSeen, type FirstSeen, Verdict } from './first-seen.ts'
import { keyByFields } from './key-by.ts'

export interface DeduplicateOptions<F extends string> {
  /** The field, or fields together, that make a record the same as another. */
  readonly by: F | readonly [F, ...F[]]
  /** The horizon: how long a key is kept after its event time, in event time. */
  readonly within: DurationMs
  /**
   * Names the operator's state, where the default would collide.
   *
   * @default deduplicate(…) with the fields
   */
  readonly name?: string
}

/**
 * Lets the first record of each key through, and drops those that follow within the horizon (`duplicates_total`).
 *
 * First is who arrives first; its event time decides how long its key is kept: until the watermark has passed it by
 * more than `within`. Duplicates don't prolong that, whatever their own event times are. A record whose event time is
 * older than watermark − `within` can't be judged, since its key may have been forgotten: it goes to `late`, never
 * through. After a drain keys are kept by the last real watermark, so that the next run goes on as if nothing had been.
 *
 * Brings its own exchange by the fields. Needs event times. Keyed state: one event time per key, for two horizons
 * at most.
 *
 * Guarantee: of the records of a key within the horizon one passes, also over crashes and rescales.
 *
 * @throws {TopologyError} `HORIZON` when `within` is no duration above 0.
 * @throws {OperatorError} when a key is null or NaN.
 * @example const { out: unique, late } = events.pipe(deduplicate({ by: 'event_id', within: hours(24) }))
 */
export function deduplicate<S extends AnyStream, const F extends FieldOf<ElementOf<S>, Key>>(
  options: DeduplicateOptions<F>,
): Transform<S, { readonly out: Stream<ElementOf<S>>; readonly late: Stream<ElementOf<S>> }> {
  const fields: readonly string[] = typeof options.by === 'string' ? [options.by] : options.by
  const uid = options.name ?? `deduplicate(${fields.join(',')})`
  const create = createFirstSeen({ uid, withinMs: options.within })
  return (input) =>
    appendWithSides(keyByFields(input, fields), {
      uid,
      kind: 'deduplicate',
      parameters: { by: fields, withinMs: options.within },
      behaviour: { type: 'operator', create: (context) => createDeduplicate(context, create(context)) },
      sideOutputs: ['late'],
      shouldConnect: ['late'],
      columns: { out: 'same', late: 'same' },
      time: 'needs',
      key: 'needs',
      stateful: true,
    })
}

function createDeduplicate(context: OperatorContext, seen: FirstSeen): Operator {
  const duplicates = context.metrics.counter('duplicates_total')
  const lateCounter = context.metrics.counter('num_late_records_dropped_total')
  return {
    onBatch(batch: Batch) {
      const first: number[] = []
      const late: number[] = []
      for (let i = 0; i < batch.length; i++) {
        const verdict = seen.judge(batch, i)
        if (verdict === Verdict.first) first.push(i)
        else if (verdict === Verdict.late) late.push(i)
      }
      duplicates.add(batch.length - first.length - late.length)
      lateCounter.add(late.length)
      if (first.length > 0) context.emit('out', pickRows(batch, first))
      if (late.length > 0) context.emit('late', pickRows(batch, late))
    },
    onWatermark(watermark: Watermark) {
      seen.advance(watermark.timestampMs)
      return watermark
    },
  }
}
