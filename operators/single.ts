/** Send records to one subtask. */
import { append, type ElementOf, type StreamHandle, type StreamLike } from '../topology/stream.ts'

/**
 * Sends every record to the first subtask of what comes next: where one place has to see all of them. It does the work
 * of all, so use it behind what makes the stream small. Drops the key. Stateless.
 *
 * Guarantee: the records of one subtask before keep their order.
 *
 * @example input.pipe(single(), map(fn))
 */
export function single<S extends StreamHandle>(): (input: S) => StreamLike<S, ElementOf<S>> {
  return (input) =>
    append(input, {
      kind: 'single',
      behaviour: { type: 'exchange', partitioning: 'single' },
      columns: { out: 'same' },
    })
}
