/** A logical topic: named and typed in the job, bound to Kafka or the embedded log when the job runs. */
import type { z } from 'zod'
import type { SourceRecord } from './contract/source.ts'
import type { CleanupPolicy, TopicOptions } from './contract/topic.ts'
import type { DurationMs } from './duration.ts'
import type { Batch, LazyRows } from './element.ts'
import type { EndpointSource } from './endpoint.ts'
import { SluiceError, TopologyError } from './errors.ts'
import type { RecordKey } from './record-key.ts'
import { fieldsOf, jsonDeserializer, type Row } from './schema/index.ts'
import { columnScanner } from './schema/scan/column-scanner.ts'
import type { Field } from './schema/types.ts'

/** What a topic system is told of a topic. */
export interface TopicReference {
  readonly name: string
  /** How it is made where it is not there: what the declaration leaves out is not among them. */
  readonly options: TopicOptions
}

export interface Topic<T> extends TopicReference {
  readonly schema: z.ZodObject
  readonly fields: readonly Field[]
  readonly key: RecordKey<T> | undefined
  /** Type only. */
  readonly element?: T
}

/** What a job says of a topic beside its name and schema. */
export interface TopicDeclaration<T = any> {
  /** @default `TOPIC_PARTITIONS` */
  readonly partitions?: number
  /** Copies of each partition; the embedded log keeps one. @default the cluster's own */
  readonly replicationFactor?: number
  /** Records older than this may be deleted, as `days(7)`. @default never */
  readonly retention?: DurationMs
  /** What becomes of old records. @default 'delete' */
  readonly cleanupPolicy?: CleanupPolicy
  /** The key of the records that `to` writes: a field, or a function of the row. @default none */
  readonly key?: RecordKey<T>
}

/**
 * Names a topic and the schema of its records, and says how it is made where it is not there. One that is there stays as
 * it is: `runtime topics alter` brings it to what is declared.
 *
 * @throws {TopologyError} `TOPIC_INVALID`: a name, number or duration that no topic can have.
 * @example from(topic('orders', Order, { partitions: 12, retention: days(7) }))
 */
export function topic<S extends z.ZodObject>(
  name: string,
  schema: S,
  declaration: TopicDeclaration<Row<S>> = {},
): Topic<Row<S>> {
  const { partitions, replicationFactor, retention, cleanupPolicy, key } = declaration
  requireName(name)
  requireWhole(name, 'partitions', partitions)
  requireWhole(name, 'replicas', replicationFactor)
  if (retention !== undefined && !(retention > 0))
    throw invalid(name, `a retention of ${retention} ms`, 'Use a duration above 0, as days(7), or leave it out.')
  const options: TopicOptions = {
    ...(partitions !== undefined && { partitions }),
    ...(replicationFactor !== undefined && { replicationFactor }),
    ...(retention !== undefined && { retentionMs: retention }),
    ...(cleanupPolicy !== undefined && { cleanupPolicy }),
  }
  return Object.freeze({ name, options: Object.freeze(options), schema, fields: fieldsOf(schema), key })
}

/**
 * The function that turns a received record into a value of the topic's schema.
 *
 * A record that is none fails the job, naming topic, partition and offset: read the topic through `bronzeLayer` to
 * quarantine such records instead.
 */
export function decodeRecord<T>(from: Topic<T> | EndpointSource<T>): (record: SourceRecord) => T {
  const deserializer = jsonDeserializer(from.schema)
  const placeOf = 'placeOf' in from ? from.placeOf : placeInTopic
  return (record) => {
    const result = deserializer.decode(record.value)
    if (result.ok) return result.value as T
    const { topic: name, partition, offset } = record
    throw new SluiceError('RECORD_INVALID', `record ${placeOf(record)} is not valid: ${result.reason}`, {
      fix: 'Read it through bronzeLayer(), which keeps such records and passes them to quarantine.',
      details: { topic: name, partition, offset: String(offset), rule: result.rule },
    })
  }
}

/**
 * The same for batches whose values lie in one piece of memory, straight into columns: three times as fast, also when rows
 * are made of them. A batch with a record that is none is left to {@link decodeRecord}, which says which and why.
 */
export function decodeBatch({
  schema,
}: Pick<Topic<any>, 'schema'>): ((batch: Batch) => LazyRows | undefined) | undefined {
  const scan = columnScanner(schema)
  if (scan === undefined) return undefined
  return (batch) => {
    const values = batch.slices('value')
    return values && scan(values, batch.length)
  }
}

function placeInTopic({ topic: name, partition, offset }: SourceRecord): string {
  return `${name}[${partition}]@${offset}`
}

function requireName(name: string): void {
  if (/^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..') return
  throw invalid(name, 'this is no name for a topic', 'Use 1 to 249 of: letters, digits, dot, underscore, hyphen.')
}

function requireWhole(name: string, what: string, count: number | undefined): void {
  if (count === undefined || (Number.isInteger(count) && count >= 1)) return
  throw invalid(name, `${count} ${what}`, `Use a whole number of ${what}, 1 at least, or leave it out.`)
}

function invalid(name: string, what: string, fix: string): TopologyError {
  return new TopologyError('TOPIC_INVALID', `topic '${name.slice(0, 300)}': ${what}`, { fix, details: { topic: name } })
}
