/** What a record looks like in quarantine. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { ColumnFlow } from '../../topology/graph.ts'
import type { Flat } from '../../topology/stream.ts'
import { emptyRow } from '../row-shape.ts'
import type { Severity } from './rule.ts'

/** A record's way back to the log, and its bytes as received. */
export interface Provenance {
  source_topic: string
  source_partition: number
  source_offset: bigint
  /** timestamptz: the log's own time of the record. */
  source_timestamp: bigint
  /** timestamptz */
  ingestion_timestamp: bigint
  /** As the event says, or where it doesn't, as `bronzeLayer` was told. */
  source_system: string
  /** Hexadecimal SHA-256 of `raw_payload`. */
  record_hash: string
  raw_payload: Uint8Array
}

export const PROVENANCE = [
  'source_topic',
  'source_partition',
  'source_offset',
  'source_timestamp',
  'ingestion_timestamp',
  'source_system',
  'record_hash',
  'raw_payload',
] as const satisfies readonly (keyof Provenance)[]

/** Why a record is in quarantine. */
export interface Judgement {
  rule: string
  reason: string
  severity: string
  /** timestamptz */
  quarantined_at: bigint
}

/**
 * A record in quarantine. One that carries its provenance is reduced to it, so that all of them fit one table whatever
 * stage refused them; another keeps its own columns.
 */
export type QuarantinedRow<T> = T extends Provenance ? Flat<Provenance & Judgement> : Flat<T & Judgement>

const JUDGEMENT = ['rule', 'reason', 'severity', 'quarantined_at'] as const
const quarantinedRecord = emptyRow([...PROVENANCE, ...JUDGEMENT])

/** For lineage: what a record brings along keeps its name, the judgement is made. */
export const QUARANTINED_FLOW: ColumnFlow = {
  '*': ['*'],
  ...Object.fromEntries(JUDGEMENT.map((column) => [column, []])),
}

/** The row that puts `row` in quarantine. */
export function quarantinedRow(
  row: Readonly<Record<string, unknown>>,
  rule: string,
  reason: string,
  severity: Severity,
  atMicros: bigint,
): Record<string, unknown> {
  let quarantined: Record<string, unknown>
  if (PROVENANCE.every((column) => column in row)) {
    quarantined = { ...quarantinedRecord }
    for (const column of PROVENANCE) quarantined[column] = row[column]
  } else {
    quarantined = { ...row }
  }
  quarantined['rule'] = rule
  quarantined['reason'] = reason.toWellFormed()
  quarantined['severity'] = severity
  quarantined['quarantined_at'] = atMicros
  return quarantined
}

/** The clock as a timestamptz. */
export function nowMicros(clock: Clock): bigint {
  return BigInt(Math.round(clock.nowMs() * 1000))
}
