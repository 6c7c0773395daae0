/** Deal records out evenly. */
import { type AnyStream, append, type ElementOf, type Stream } from '../topology/stream.ts'

/**
 * Deals batches out in turn to the subtasks of what comes next, whatever subtask they came from: against skew, where a
 * source has fewer splits than the job has subtasks. The order of records is kept only between one subtask and the next.
 * Drops the key. Stateless.
 *
 * Guarantee: each record goes to one subtask; there, those of one subtask before keep their order.
 *
 * @example orders.pipe(rebalance(), filter((order) => order.totalCents > 0))
 */
export function rebalance<S extends AnyStream>(): (input: S) => Stream<ElementOf<S>> {
  return (input) =>
    append(input, {
      kind: 'rebalance',
      behaviour: { type: 'exchange', partitioning: 'rebalance' },
      columns: { out: 'same' },
    })
}
