/** Turn each record into another. */
import { append, type ElementOf, type StreamHandle, type StreamLike, type Transform } from '../topology/stream.ts'

/**
 * Replaces each record by what `fn` returns for it.
 *
 * Watermarks, barriers and event times pass unchanged; a keyed stream is keyed no more, for its key may be gone. Stateless.
 * Build rows as one literal with all of their fields: `{ ...row, added }` costs fifty times as much.
 *
 * Guarantee: one record out for each in, in their order.
 *
 * @throws {OperatorError} naming the operator and the record, when `fn` throws, or returns undefined or a promise.
 * @example orders.pipe(map(({ id, totalCents }) => ({ id, total: totalCents / 100 })))
 */
export function map<S extends StreamHandle, R>(fn: (value: ElementOf<S>) => R): Transform<S, StreamLike<S, R>> {
  return (input) =>
    append(input, {
      kind: 'map',
      behaviour: { type: 'row', step: 'map', fn },
      columns: { out: 'opaque' },
      time: 'ignores',
    })
}
