/** Keep some records, drop the others. */
import { append, type ElementOf, type StreamHandle, type Transform } from '../topology/stream.ts'

/**
 * Keeps the records for which `predicate` returns true.
 *
 * Watermarks and barriers pass unchanged; keying is preserved. Stateless.
 *
 * Guarantee: records keep their order.
 *
 * @throws {OperatorError} naming the operator and the record, when `predicate` throws or returns no boolean.
 * @example orders.pipe(filter((order) => order.totalCents > 0))
 */
export function filter<S extends StreamHandle>(predicate: (value: ElementOf<S>) => boolean): Transform<S, S> {
  return (input) =>
    append(input, {
      kind: 'filter',
      behaviour: { type: 'row', step: 'filter', fn: predicate },
      columns: { out: 'same' },
      time: 'ignores',
      key: 'keeps',
    })
}
