/** Join streams of the same records. */
import { append, type Stream } from '../topology/stream.ts'

/**
 * All records of all streams, each stream's in its order; how the streams interleave is not fixed.
 *
 * The watermark is the least of the inputs'. Stateless.
 *
 * @throws {TopologyError} `FOREIGN_STREAM` when the streams belong to different topologies.
 * @example union(rejected, quarantined).pipe(to(table('quarantine.events', Quarantined)))
 */
export function union<T>(first: Stream<T>, ...others: readonly Stream<NoInfer<T>>[]): Stream<T> {
  return append([first, ...others], {
    kind: 'union',
    behaviour: { type: 'union' },
    columns: { out: 'same' },
    time: 'ignores',
  })
}
