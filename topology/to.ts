/** The end of a stream: a table, a topic, an endpoint, or a sink made in the job. */
import type { Sink } from './contract/sink.ts'
import type { RecordParts } from './encode-record.ts'
import type { EndpointSink, UpsertSink } from './endpoint.ts'
import { TopologyError } from './errors.ts'
import type { SinkReference } from './graph.ts'
import type { Json } from './json.ts'
import { append, type Stream, type UpdatingStream } from './stream.ts'
import type { Table } from './table.ts'
import type { Topic } from './topic.ts'

/** A sink made in the job, with the type of the records it takes. */
export interface CustomSink<T> {
  readonly name: string
  readonly create: () => Sink
  /** Type only. */
  readonly element?: (value: T) => T
}

/**
 * Sends every record of a stream into a table, a topic, files, a database or an HTTP address.
 *
 * Exactly once: what was written up to a checkpoint appears in one commit after that checkpoint is complete. A stream of
 * another shape than the target's schema is a compile error.
 *
 * Into a topic, each row is written as its schema says, with its event time as the timestamp unless `parts` says
 * otherwise; the partition is that of the key, which the topic's declaration names or `parts` does.
 *
 * @throws {TopologyError} `COLUMN_NOT_FOUND` for a key that is no column, `KEY_MISSING` when a compacted topic has none.
 * @example silver.pipe(to(table('silver.events', SilverEvent)))
 * @example silver.pipe(to(topic('silver-events', SilverEvent), { key: 'user_id' }))
 */
export function to<T>(target: Table<T> | EndpointSink<T> | CustomSink<T>): (stream: Stream<T>) => void
export function to<T>(target: UpsertSink<T>): (stream: Stream<T> | UpdatingStream<T>) => void
export function to<T>(target: Topic<T>, parts?: RecordParts<T>): (stream: Stream<T>) => void
export function to(
  target: Topic<any> | Table<any> | EndpointSink<any> | UpsertSink<any> | CustomSink<any>,
  parts: RecordParts = {},
): (stream: any) => void {
  return (stream) => {
    const sink = sinkOf(target, parts)
    append(stream, {
      uid: `sink(${target.name})`,
      kind: 'sink',
      parameters: parametersOf(sink),
      behaviour: { type: 'sink', sink },
      stateful: true,
      columns: { out: 'same' },
      ...('takesChanges' in target && { changes: 'takes' as const }),
      ...('fields' in target ? { fields: target.fields } : {}),
    })
  }
}

function sinkOf(
  target: Topic<any> | Table<any> | EndpointSink<any> | UpsertSink<any> | CustomSink<any>,
  parts: RecordParts,
): SinkReference {
  const { name } = target
  if ('create' in target) return { kind: 'custom', name, create: target.create }
  if ('connector' in target) return { kind: 'endpoint', name, endpoint: target }
  if ('partitionBy' in target) return { kind: 'table', name, table: target }
  const key = parts.key ?? target.key
  checkKey(target, key)
  return { kind: 'topic', name, topic: target, parts: { ...parts, ...(key !== undefined && { key }) } }
}

function parametersOf(sink: SinkReference): Record<string, Json> {
  const { kind, name } = sink
  if (kind === 'table') return { table: name }
  if (kind !== 'topic') return { sink: name }
  const { key } = sink.parts
  return { topic: name, ...(key !== undefined && { key: typeof key === 'string' ? key : 'a function' }) }
}

function checkKey({ name, fields, options: { cleanupPolicy = 'delete' } }: Topic<any>, key: RecordParts['key']): void {
  if (typeof key === 'string' && !fields.some((field) => field.name === key)) {
    throw new TopologyError('COLUMN_NOT_FOUND', `topic ${name} is keyed by ${key}, a column it hasn't`, {
      fix: `Its columns are ${fields.map((field) => field.name).join(', ')}.`,
    })
  }
  if (key === undefined && cleanupPolicy !== 'delete') {
    throw new TopologyError('KEY_MISSING', `topic ${name} keeps the last record of each key, and is given no key`, {
      fix: "Name the key, as in topic('…', …, { key: 'user_id' }), or let cleanupPolicy be 'delete'.",
    })
  }
}
