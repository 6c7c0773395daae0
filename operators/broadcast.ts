/** Send records to everybody. */
import { type AnyStream, append, type ElementOf, type Stream } from '../topology/stream.ts'

/**
 * Sends every record to every subtask of what comes next: small streams that each subtask must know whole. Drops the
 * key. Stateless.
 *
 * Guarantee: every subtask gets every record once; those of one subtask before keep their order.
 *
 * @example input.pipe(broadcast(), map(fn))
 */
export function broadcast<S extends AnyStream>(): (input: S) => Stream<ElementOf<S>> {
  return (input) =>
    append(input, {
      kind: 'broadcast',
      behaviour: { type: 'exchange', partitioning: 'broadcast' },
      columns: { out: 'same' },
    })
}
