/** What becomes of a record that a job can't take, when the job asks for it: a dead letter. */
import { z } from 'zod'
import type { SourceRecord } from './contract/source.ts'
import { binary, int, long, type Row, timestamptz } from './schema/index.ts'

/**
 * A record as it was received, and why the job could not take it. For the table or the topic that keeps them:
 *
 * @example from(topic('orders', Order)).poisoned.pipe(to(table('quarantine.orders', PoisonedRecord)))
 */
export const PoisonedRecord = z.object({
  source_topic: z.string(),
  source_partition: int(),
  source_offset: long(),
  source_timestamp: timestamptz().describe("The log's own time of the record"),
  key: binary().nullish(),
  raw_payload: binary().nullish().describe('The record as received, byte for byte; null: a tombstone'),
  headers: z.array(z.object({ key: z.string(), value: binary().nullish() })),
  uid: z.string().describe('The operator that failed on it'),
  code: z.string(),
  error: z.string(),
  quarantined_at: timestamptz(),
})
export type PoisonedRow = Row<typeof PoisonedRecord>

/** What a record did. */
export interface Failure {
  /** The operator's. */
  readonly uid: string
  readonly code: string
  readonly error: string
}

/** A record that made the job fail, and where it is. */
export interface Poison extends Failure {
  /** The split's id. */
  readonly split: string
  /** The record's position in it, as text. */
  readonly position: string
}

export function poisonedRow(record: SourceRecord, { uid, code, error }: Failure, nowMs: number): PoisonedRow {
  const { topic, partition, offset, timestampMs, key, value, headers = [] } = record
  return {
    source_topic: topic,
    source_partition: partition,
    source_offset: offset,
    source_timestamp: BigInt(Math.round(timestampMs * 1000)),
    key,
    raw_payload: value,
    headers: headers.map((header) => ({ key: header.key, value: header.value })),
    uid,
    code,
    error: error.toWellFormed(),
    quarantined_at: BigInt(Math.round(nowMs * 1000)),
  }
}
