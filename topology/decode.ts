/** The step from a record as it was received to a row of its topic's schema. */
import type { Operator, OperatorContext } from './contract/operator.ts'
import type { DecodeFailure } from './contract/serde.ts'
import type { SourceRecord } from './contract/source.ts'
import { Batch, type LazyRows } from './element.ts'
import type { EndpointSource } from './endpoint.ts'
import { SluiceError } from './errors.ts'
import { type PoisonedRow, poisonedRow } from './poisoned-record.ts'
import { columnScanner } from './schema/scan/column-scanner.ts'
import { deserializerOf, isJson, needsRegistry } from './serde.ts'
import type { Topic } from './topic.ts'
import { whenPrepared } from './when-prepared.ts'

/** The port that records leave by which are none: the source's own, where somebody reads it. */
const POISONED = 'poisoned'

/**
 * Decodes batches, each once the schemas that it names are there. A record that is none of the topic's goes to `poisoned`,
 * when the job reads it, and counts (`records_quarantined_total`, by rule); else it fails the job, naming topic, partition
 * and offset.
 */
export function createDecode(context: OperatorContext, from: Topic<any> | EndpointSource<any>): Operator {
  const deserializer = deserializerOf(from, context.serdes)
  const scan = createScan(from)
  const keepsPoisoned = context.hasReader(POISONED)
  const placeOf = 'placeOf' in from ? from.placeOf : placeInTopic

  function recordByRecord({ values, timestampsMs, split, origin }: Batch<SourceRecord>): void {
    const rows: unknown[] = []
    const selected: number[] = []
    const poisoned: PoisonedRow[] = []
    for (let index = 0; index < values.length; index++) {
      const record = values[index]!
      const result = deserializer.decode(record.value)
      if (result.ok) {
        rows.push(result.value)
        selected.push(index)
      } else {
        const error = recordInvalid(record, placeOf(record), result)
        if (!keepsPoisoned) throw error
        context.metrics.counter('records_quarantined_total', { rule: result.rule }).add(1)
        const failure = { uid: context.uid, code: error.code, error: error.message }
        poisoned.push(poisonedRow(record, failure, context.clock.nowMs()))
      }
    }
    const times = timestampsMs && Float64Array.from(selected, (index) => timestampsMs[index]!)
    context.emit('out', new Batch(rows, { timestampsMs: times, split, origin }))
    context.emit(POISONED, new Batch(poisoned, { split, origin }))
  }

  function take(batch: Batch): void {
    const rows = scan?.(batch)
    const { timestampsMs, split, origin } = batch
    if (rows === undefined) recordByRecord(batch)
    else context.emit('out', new Batch(rows, { timestampsMs, split, origin }))
  }

  if (!needsRegistry(from)) return { onBatch: take }
  return whenPrepared(context, { prepare: ({ values }) => deserializer.prepare?.(values), take })
}

/**
 * JSON whose values lie in one piece of memory, straight into columns: three times as fast, also when rows are made of
 * them. A batch with a record that is none gives undefined: decoded record by record, it says which and why.
 */
function createScan(from: Topic<any> | EndpointSource<any>): ((batch: Batch) => LazyRows | undefined) | undefined {
  if (!isJson(from)) return undefined
  const scan = columnScanner(from.schema)
  if (scan === undefined) return undefined
  return (batch) => {
    const values = batch.slices('value')
    return values && scan(values, batch.length)
  }
}

function recordInvalid(record: SourceRecord, place: string, { rule, reason }: DecodeFailure): SluiceError {
  const { topic, partition, offset } = record
  return new SluiceError('RECORD_INVALID', `record ${place} is not valid: ${reason}`, {
    fix: "Let the job read its source's `poisoned`, which keeps such records, or read the topic through bronzeLayer().",
    details: { topic, partition, offset: String(offset), rule },
  })
}

function placeInTopic({ topic, partition, offset }: SourceRecord): string {
  return `${topic}[${partition}]@${offset}`
}
