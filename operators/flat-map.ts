/** Turn each record into any number of others. */
import { append, type ElementOf, type StreamHandle, type StreamLike, type Transform } from '../topology/stream.ts'

/**
 * Replaces each record by the records that `fn` returns for it, an array or another iterable, in order; an empty one drops it.
 *
 * Each of them has the event time of the record it came from. Watermarks and barriers pass unchanged; a keyed stream is
 * keyed no more. Stateless.
 *
 * Guarantee: records keep their order, and those made of one stay together.
 *
 * @throws {OperatorError} naming the operator and the record, when `fn` throws, or returns no iterable of records.
 * @example orders.pipe(flatMap((order) => order.items.map((item) => ({ orderId: order.id, sku: item.sku }))))
 */
export function flatMap<S extends StreamHandle, R>(
  fn: (value: ElementOf<S>) => Iterable<R>,
): Transform<S, StreamLike<S, R>> {
  return (input) =>
    append(input, {
      kind: 'flatMap',
      behaviour: { type: 'row', step: 'flatMap', fn },
      columns: { out: 'opaque' },
      time: 'ignores',
    })
}
