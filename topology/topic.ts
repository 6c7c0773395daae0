/** A logical topic: named and typed in the job, bound to Kafka or the embedded log when the job runs. */
import type { z } from 'zod'
import type { SourceRecord } from './contract/source.ts'
import type { Batch, LazyRows } from './element.ts'
import type { EndpointSource } from './endpoint.ts'
import { SluiceError } from './errors.ts'
import { fieldsOf, jsonDeserializer, type Row } from './schema/index.ts'
import { columnScanner } from './schema/scan/column-scanner.ts'
import type { Field } from './schema/types.ts'

export interface Topic<T> {
  readonly name: string
  readonly schema: z.ZodObject
  readonly fields: readonly Field[]
  /** Type only. */
  readonly element?: T
}

/**
 * Names a topic and the schema of its records.
 *
 * @example from(topic('orders', Order))
 */
export function topic<S extends z.ZodObject>(name: string, schema: S): Topic<Row<S>> {
  return Object.freeze({ name, schema, fields: fieldsOf(schema) })
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
