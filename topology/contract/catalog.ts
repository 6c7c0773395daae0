/** Tables as the runtime, the CLI and query engines see them; how they are stored is the connector's business. */
import type { Json } from '../json.ts'
import type { Field } from '../schema/types.ts'
import type { PartitionTerm, TableReference } from '../table.ts'
import type { Sink } from './sink.ts'

export interface SnapshotDescription {
  readonly snapshotId: bigint
  readonly parentSnapshotId: bigint | undefined
  readonly sequenceNumber: bigint
  readonly timestampMs: number
  readonly operation: string
  readonly summary: Readonly<Record<string, string>>
}

export interface TableDescription {
  /** `namespace.name` */
  readonly name: string
  readonly location: string
  readonly metadataLocation: string
  readonly formatVersion: number
  readonly fields: readonly Field[]
  readonly partitionBy: readonly PartitionTerm[]
  readonly properties: Readonly<Record<string, string>>
  readonly currentSnapshotId: bigint | undefined
  /** Oldest first. */
  readonly snapshots: readonly SnapshotDescription[]
  /** Of the current snapshot. */
  readonly rowCount: bigint
  readonly fileCount: number
  readonly totalSizeBytes: bigint
}

/** Which state of a table a reader wants; without either, the current one. */
export interface TimeTravel {
  readonly snapshotId?: bigint
  /** The snapshot that was current at this time. */
  readonly asOfMs?: number
}

/** A conjunction of simple comparisons: what files can be pruned by. Literals are in-memory values of the field's type. */
export interface ScanPredicate {
  readonly field: string
  readonly op: '=' | '!=' | '<' | '<=' | '>' | '>=' | 'is-null' | 'not-null' | 'in'
  readonly values: readonly (string | number | bigint | boolean)[]
}

export interface ScanFile {
  /** Full URI. */
  readonly location: string
  readonly sizeBytes: bigint
  readonly rowCount: bigint
  readonly partition: Json
  readonly deleteFiles: readonly string[]
}

export interface TableScan {
  readonly table: string
  readonly snapshotId: bigint | undefined
  /** The schema of that snapshot. */
  readonly fields: readonly Field[]
  readonly files: readonly ScanFile[]
  /** How many files the predicates made unnecessary, by what they were told apart. */
  readonly pruned: { readonly byPartition: number; readonly byBounds: number }
  /** The watermark the snapshot's writer recorded, milliseconds: how fresh the answer is. */
  readonly watermarkMs: number | undefined
}

/** Tables of one catalog. */
export interface TableCatalog {
  /** `namespace.name`, sorted. */
  listTables(): Promise<readonly string[]>
  /** @throws {SluiceError} `TABLE_NOT_FOUND`, with the nearest name. */
  describeTable(name: string): Promise<TableDescription>
  /** Files to read, pruned by partition and by bounds. Every row that satisfies all predicates is in one of them. */
  planScan(name: string, options?: TimeTravel & { readonly predicates?: readonly ScanPredicate[] }): Promise<TableScan>
  /** Makes the table if it is not there. @throws {SluiceError} `SCHEMA_MISMATCH` when it is there with another shape. */
  ensureTable(table: TableReference): Promise<void>
  /** The table as a sink. */
  sink(table: TableReference): Sink
  close(): Promise<void>
}
