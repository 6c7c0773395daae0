/** The step from a record as it was received to a row of its topic's schema. */
import type { Deserializer } from './contract/serde.ts'
import type { SourceRecord } from './contract/source.ts'
import { Batch, type LazyRows } from './element.ts'
import type { EndpointSource } from './endpoint.ts'
import { SluiceError } from './errors.ts'
import type { Behaviour } from './graph.ts'
import { columnScanner } from './schema/scan/column-scanner.ts'
import { deserializerOf, needsRegistry, plainDeserializer } from './serde.ts'
import type { Topic } from './topic.ts'
import { whenPrepared } from './when-prepared.ts'

/** A fused step of one row; an operator where schemas may have to be fetched first. */
export function decodeBehaviour(from: Topic<any> | EndpointSource<any>): Behaviour {
  if (!needsRegistry(from)) {
    const fn = decodeRecord(from, plainDeserializer(from))
    return { type: 'row', step: 'map', fn, createBatchStep: () => decodeBatch(from) }
  }
  return {
    type: 'operator',
    create(context) {
      const deserializer = deserializerOf(from, context.serdes)
      const decode = decodeRecord(from, deserializer)
      return whenPrepared(context, {
        prepare: ({ values }) => deserializer.prepare?.(values),
        take({ values, timestampsMs, split, origin }) {
          context.emit('out', new Batch(values.map(decode), { timestampsMs, split, origin }))
        },
      })
    },
  }
}

/**
 * The function that turns a received record into a value of the topic's schema.
 *
 * A record that is none fails the job, naming topic, partition and offset: read the topic through `bronzeLayer` to
 * quarantine such records instead.
 */
export function decodeRecord<T>(
  from: Topic<T> | EndpointSource<T>,
  deserializer: Deserializer<unknown>,
): (record: SourceRecord) => T {
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
export function decodeBatch(
  from: Topic<any> | EndpointSource<any>,
): ((batch: Batch) => LazyRows | undefined) | undefined {
  if ('format' in from && from.format.kind !== 'json') return undefined
  const scan = columnScanner(from.schema)
  if (scan === undefined) return undefined
  return (batch) => {
    const values = batch.slices('value')
    return values && scan(values, batch.length)
  }
}

function placeInTopic({ topic: name, partition, offset }: SourceRecord): string {
  return `${name}[${partition}]@${offset}`
}
