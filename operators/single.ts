/** Send records to one subtask. */
import { type AnyStream, append, type ElementOf, type Stream } from '../topology/stream.ts'

/**
 * Sends every record to the first subtask of what comes next: where one place has to see all of them. It does the work
 * of all, so use it behind what makes the stream small. Drops the key. Stateless.
 *
 * @example input.pipe(single(), map(fn))
 */
export function single<S extends AnyStream>(): (input: S) => Stream<ElementOf<S>> {
  return (input) =>
    append(input, {
      kind: 'single',
      behaviour: { type: 'exchange', partitioning: 'single' },
      columns: { out: 'same' },
    })
}
