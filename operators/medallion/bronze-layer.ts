/** The first layer: every record exactly as it was received, and beside it what could be read of it. */
import { hash } from 'node:crypto'
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import type { SourceRecord } from '../../topology/contract/source.ts'
import { Batch } from '../../topology/element.ts'
import { TopologyError } from '../../topology/errors.ts'
import type { ColumnFlow } from '../../topology/graph.ts'
import { deserializerOf } from '../../topology/serde.ts'
import { appendWithSides, type Flat, type Stream, type TopicStream, type Transform } from '../../topology/stream.ts'
import { whenPrepared } from '../../topology/when-prepared.ts'
import { type Judgement, nowMicros, PROVENANCE, type Provenance, quarantinedRow } from '../quality/quarantined.ts'
import { emptyRow } from '../row-shape.ts'
import { type ColumnPaths, type PathValue, pathReader } from './column-path.ts'

export interface BronzeLayerOptions<C> {
  /** The system that events come from which don't name one. */
  readonly sourceSystem: string
  /** Column of bronze → where it lies in the event: a field, or a field of a field with a dot between. */
  readonly columns: C
}

/** A row of bronze: where the record came from, and the parsed columns, all null where it did not parse. */
export type BronzeRow<T, C> = Flat<Provenance & { [N in keyof C]: PathValue<T, C[N]> }>

export interface BronzeOutputs<T, C> {
  /** Every record. */
  readonly out: Stream<BronzeRow<T, C>>
  /** Those that parsed. */
  readonly parsed: Stream<BronzeRow<T, C>>
  /** Those that didn't, under the rule `json` (no UTF-8, no JSON, no object) or that of another format, or `schema` (types, unknown fields). */
  readonly rejected: Stream<Flat<Provenance & Judgement>>
}

/**
 * Turns the records of a topic into bronze rows. Nothing is lost: `out` has every record with its bytes as received, its
 * coordinates in the log, the SHA-256 of its bytes, and the parsed columns; `parsed` has the rows to go on with, and
 * `rejected` the rest, ready for quarantine (`records_quarantined_total`).
 *
 * Parsing checks types only: what a field means is judged later, by `expect`. Rows of `out` and `parsed` are the same
 * objects. Watermarks of single splits pass unchanged. Stateless.
 *
 * Guarantee: every record is in `out` once, and in one of `parsed` and `rejected`.
 *
 * @throws {TopologyError} `BRONZE_COLUMN` when a column has a name that bronze gives itself.
 * @example
 * const { out, parsed, rejected } = from(topic('raw-events', UserActionEvent)).pipe(
 *   bronzeLayer({ sourceSystem: 'web-app', columns: { event_id: 'event_id', amount: 'payload.amount' } }))
 */
export function bronzeLayer<T, const C extends ColumnPaths<T>>(
  options: BronzeLayerOptions<C>,
): Transform<TopicStream<T>, BronzeOutputs<T, C>> {
  const paths = Object.entries(options.columns as Readonly<Record<string, string>>)
  const taken = paths.map(([column]) => column).filter((column) => Object.hasOwn(PROVENANCE_FLOW, column))
  if (taken.length > 0) {
    throw new TopologyError('BRONZE_COLUMN', `bronzeLayer(): "${taken.join('", "')}" is one of its own columns`, {
      fix: `Give the parsed column another name; bronze has ${PROVENANCE.join(', ')} of itself.`,
    })
  }
  return (input) =>
    appendWithSides(input.received, {
      kind: 'bronzeLayer',
      parameters: { sourceSystem: options.sourceSystem, columns: Object.fromEntries(paths) },
      behaviour: {
        type: 'operator',
        create: (context) => createBronzeLayer(context, input.declared, options.sourceSystem, paths),
      },
      sideOutputs: ['parsed', 'rejected'],
      shouldConnect: ['rejected'],
      columns: columnFlow(paths),
      time: 'ignores',
    })
}

const NO_BYTES = new Uint8Array()

/** From what of a received record each column derives. */
const PROVENANCE_FLOW = {
  raw_payload: ['value'],
  source_topic: ['topic'],
  source_partition: ['partition'],
  source_offset: ['offset'],
  source_timestamp: ['timestampMs'],
  ingestion_timestamp: [],
  source_system: ['value.source_system'],
  record_hash: ['value'],
} satisfies Record<keyof Provenance, readonly string[]>

function columnFlow(paths: readonly (readonly [column: string, path: string])[]): Record<string, ColumnFlow> {
  const parsed = { ...PROVENANCE_FLOW, ...Object.fromEntries(paths.map(([name, path]) => [name, [`value.${path}`]])) }
  return { out: parsed, parsed, rejected: PROVENANCE_FLOW }
}

function createBronzeLayer(
  context: OperatorContext,
  declared: TopicStream<unknown>['declared'],
  sourceSystem: string,
  paths: readonly (readonly [column: string, path: string])[],
): Operator {
  const deserializer = deserializerOf(declared, context.serdes)
  const names = paths.map(([name]) => name)
  const empty = emptyRow([...PROVENANCE, ...names])
  const readColumns = pathReader(Object.fromEntries(paths))

  // Records of one append share their time, and making a bigint costs as much as copying the row.
  let lastMs = Number.NaN
  let lastMicros = 0n
  function micros(timestampMs: number): bigint {
    if (timestampMs !== lastMs) {
      lastMs = timestampMs
      lastMicros = BigInt(Math.round(timestampMs * 1000))
    }
    return lastMicros
  }

  function bronzeRow(record: SourceRecord, ingestedAt: bigint): Record<string, unknown> {
    const row = { ...empty }
    // A tombstone has no bytes: that it was one, its rejection says.
    const value = record.value ?? NO_BYTES
    row['raw_payload'] = value
    row['source_topic'] = record.topic
    row['source_partition'] = record.partition
    row['source_offset'] = record.offset
    row['source_timestamp'] = micros(record.timestampMs)
    row['ingestion_timestamp'] = ingestedAt
    row['source_system'] = sourceSystem
    row['record_hash'] = hash('sha256', value, 'hex')
    return row
  }

  function fill(row: Record<string, unknown>, event: Readonly<Record<string, unknown>>): void {
    readColumns(event, row)
    row['source_system'] = event['source_system'] ?? sourceSystem
  }

  return whenPrepared(context, {
    prepare: ({ values }) => deserializer.prepare?.(values),
    take(batch: Batch<SourceRecord>) {
      const ingestedAt = nowMicros(context.clock)
      const records = batch.values
      const rows: Record<string, unknown>[] = new Array(records.length)
      const parsed: Record<string, unknown>[] = []
      const rejected: Record<string, unknown>[] = []
      for (let i = 0; i < records.length; i++) {
        const record = records[i]!
        const row = bronzeRow(record, ingestedAt)
        rows[i] = row
        const result = deserializer.decode(record.value)
        if (result.ok) {
          fill(row, result.value as Readonly<Record<string, unknown>>)
          parsed.push(row)
        } else {
          context.metrics.counter('records_quarantined_total', { rule: result.rule }).add(1)
          rejected.push(quarantinedRow(row, result.rule, result.reason, 'error', ingestedAt))
        }
      }
      const { split, origin } = batch
      context.emit('out', new Batch(rows, { split, origin }))
      if (parsed.length > 0) context.emit('parsed', new Batch(parsed, { split, origin }))
      if (rejected.length > 0) context.emit('rejected', new Batch(rejected, { split, origin }))
    },
  })
}
