/** The end of a stream: a table, an endpoint, or a sink made in the job. */
import type { Sink } from './contract/sink.ts'
import type { EndpointSink } from './endpoint.ts'
import type { SinkReference } from './graph.ts'
import { append, type Stream } from './stream.ts'
import type { Table } from './table.ts'

/** A sink made in the job, with the type of the records it takes. */
export interface CustomSink<T> {
  readonly name: string
  readonly create: () => Sink
  /** Type only. */
  readonly element?: (value: T) => T
}

/**
 * Sends every record of a stream into a table, files or an HTTP address.
 *
 * Exactly once: what was written up to a checkpoint appears in one commit after that checkpoint is complete. A stream of
 * another shape than the target's schema is a compile error.
 *
 * @example silver.pipe(to(table('silver.events', SilverEvent)))
 */
export function to<T>(target: Table<T> | EndpointSink<T> | CustomSink<T>): (stream: Stream<T>) => void {
  return (stream) => {
    const sink = sinkOf(target)
    append(stream, {
      uid: `sink(${target.name})`,
      kind: 'sink',
      parameters: { [sink.kind === 'table' ? 'table' : 'sink']: target.name },
      behaviour: { type: 'sink', sink },
      stateful: true,
      columns: { out: 'same' },
      ...('fields' in target ? { fields: target.fields } : {}),
    })
  }
}

function sinkOf(target: Table<any> | EndpointSink<any> | CustomSink<any>): SinkReference {
  const { name } = target
  if ('create' in target) return { kind: 'custom', name, create: target.create }
  if ('connector' in target) return { kind: 'endpoint', name, endpoint: target }
  return { kind: 'table', name, table: target }
}
