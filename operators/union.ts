/** Join streams of the same records. */
import { append, type Stream, type StreamHandle, type UpdatingStream } from '../topology/stream.ts'

/**
 * All records of all streams, each stream's in its order; how the streams interleave is not fixed.
 *
 * The watermark is the least of the inputs'. Of updating streams, the first of them named first, it makes an updating
 * stream. Stateless.
 *
 * Guarantee: each stream's records keep their order.
 *
 * @throws {TopologyError} `FOREIGN_STREAM` when the streams belong to different topologies.
 * @example union(rejected, quarantined).pipe(to(table('quarantine.events', Quarantined)))
 */
export function union<T>(
  first: UpdatingStream<T>,
  ...others: readonly (UpdatingStream<NoInfer<T>> | Stream<NoInfer<T>>)[]
): UpdatingStream<T>
export function union<T>(first: Stream<T>, ...others: readonly Stream<NoInfer<T>>[]): Stream<T>
export function union(first: StreamHandle, ...others: readonly StreamHandle[]): StreamHandle {
  return append([first, ...others], {
    kind: 'union',
    behaviour: { type: 'union' },
    columns: { out: 'same' },
    time: 'ignores',
  })
}
