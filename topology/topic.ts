/** A logical topic: named and typed in the job, bound to Kafka or the embedded log when the job runs. */
import type { z } from 'zod'
import type { CleanupPolicy, TopicOptions } from './contract/topic.ts'
import type { DurationMs } from './duration.ts'
import { TopologyError } from './errors.ts'
import { json, requireFormat, type TopicFormat } from './format.ts'
import type { RecordKey } from './record-key.ts'
import { type Row, structOf } from './schema/index.ts'
import type { Field } from './schema/types.ts'

/** What a topic system is told of a topic. */
export interface TopicReference {
  readonly name: string
  /** How it is made where it is not there: what the declaration leaves out is not among them. */
  readonly options: TopicOptions
}

/** What a declaration says of how its topic is made; undefined when nothing: the topic is only named, which may be a mistake. */
export function declaredOptions(options: TopicOptions = {}): TopicOptions | undefined {
  return Object.keys(options).length === 0 ? undefined : options
}

/** A topic whose records can be read and written: their bytes are rows of a schema, in a format. */
export interface TypedTopic extends TopicReference {
  readonly schema: z.ZodObject
  readonly fields: readonly Field[]
  readonly format: TopicFormat
}

export interface Topic<T> extends TypedTopic {
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
  /** How values are written. @default json() */
  readonly format?: TopicFormat<T>
}

/**
 * Names a topic and the schema of its records, and says how it is made where it is not there. One that is there stays as
 * it is: `runtime topics alter` brings it to what is declared.
 *
 * @throws {TopologyError} `TOPIC_INVALID`: a name, number or duration that no topic can have. `FORMAT_INVALID`.
 * @example from(topic('orders', Order, { partitions: 12, retention: days(7) }))
 */
export function topic<S extends z.ZodObject>(
  name: string,
  schema: S,
  declaration: TopicDeclaration<Row<S>> = {},
): Topic<Row<S>> {
  const { partitions, replicationFactor, retention, cleanupPolicy, key, format = json() } = declaration
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
  const struct = structOf(schema)
  requireFormat(name, format, struct)
  return Object.freeze({ name, options: Object.freeze(options), schema, fields: struct.fields, key, format })
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
