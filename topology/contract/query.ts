/** SQL over the catalog's tables. */
import type { Json } from '../json.ts'
import type { TimeTravel } from './catalog.ts'

export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Values as JSON can hold them exactly: bigint, decimal and times as strings, binary as hexadecimal. */
  readonly rows: readonly (readonly Json[])[]
  /** What was read: every answer says how fresh it is. */
  readonly tables: readonly {
    readonly name: string
    readonly snapshotId: bigint | undefined
    readonly watermarkMs: number | undefined
    readonly filesRead: number
    readonly filesPruned: number
  }[]
}

export interface QueryEngine {
  /**
   * Runs one SELECT.
   * @throws {SluiceError} `TABLE_NOT_FOUND`, `COLUMN_NOT_FOUND` (with the nearest name), `SQL_INVALID`, `SQL_REFUSED`.
   */
  query(sql: string, options?: TimeTravel & { readonly signal?: AbortSignal }): Promise<QueryResult>
  close(): Promise<void>
}
