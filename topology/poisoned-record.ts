/** What becomes of a record that fails the job again and again, when the job asks for it. */
import { z } from 'zod'
import type { SourceRecord } from './contract/source.ts'
import { binary, int, long, type Row, timestamptz } from './schema/index.ts'

/**
 * A record as it was received, and what it did. For the table that keeps them:
 *
 * @example from(topic('orders', Order)).poisoned.pipe(to(table('quarantine.poisoned', PoisonedRecord)))
 */
export const PoisonedRecord = z.object({
  topic: z.string(),
  partition: int(),
  offset: long(),
  record_timestamp: timestamptz(),
  key: binary().nullish(),
  value: binary().nullish(),
  /** The task that failed on it, as `stage#subtask`. */
  task: z.string(),
  code: z.string(),
  error: z.string(),
})
export type PoisonedRow = Row<typeof PoisonedRecord>

/** Where a record is, and what it did. */
export interface Poison {
  /** The split's id. */
  readonly split: string
  /** The record's position in it, as text. */
  readonly position: string
  readonly task: string
  readonly code: string
  readonly error: string
}

export function poisonedRow(record: SourceRecord, { task, code, error }: Poison): PoisonedRow {
  return {
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    record_timestamp: BigInt(Math.round(record.timestampMs * 1000)),
    key: record.key,
    value: record.value,
    task,
    code,
    error,
  }
}
