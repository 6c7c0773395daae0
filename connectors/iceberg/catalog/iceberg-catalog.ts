/** What the committer needs of a catalog: where each table's current metadata is, and one atomic step to the next. */
import type { TableMetadata } from '../format/table-metadata.ts'

/** A table as it was loaded: the base of the next commit. */
export interface LoadedTable {
  /** `namespace.name` */
  readonly name: string
  readonly metadataLocation: string
  readonly metadata: TableMetadata
}

/** Tables of one Iceberg catalog. */
export interface IcebergCatalog {
  /** `namespace.name`, sorted. */
  list(): Promise<readonly string[]>
  /** Undefined when there is no such table. */
  load(name: string): Promise<LoadedTable | undefined>
  /** Makes the table; false when somebody else made it first. */
  create(name: string, metadata: TableMetadata): Promise<boolean>
  /**
   * Replaces the metadata if it is still `base`'s; undefined when it is not: then nothing happened, that is certain.
   *
   * @throws {SluiceError} `COMMIT_STATE_UNKNOWN` when it may or may not have happened: reload and look.
   */
  commit(base: LoadedTable, next: TableMetadata): Promise<LoadedTable | undefined>
  close(): Promise<void>
}
