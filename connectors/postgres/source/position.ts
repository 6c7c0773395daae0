/**
 * Where a reader stands, in a checkpoint: texts as the database writes them, so that microseconds, 64-bit integers and
 * decimals of any length are exact.
 *
 * ```text
 * ["0"]                                            at the beginning
 * ["0", "2026-01-01 00:00:00+00"]                  at the first row of that value of the column, or a larger one
 * ["42", "2026-01-01 00:00:00.123456+00", "7"]     behind the row of that value and key; 42 rows have been emitted
 * ```
 */
import type { TextRow } from '../database.ts'

export type PostgresPosition = readonly [rows: string, ...values: string[]]

/** The next row is the first one there is. */
export const AT_START: PostgresPosition = ['0']

export function rowsOf([rows]: PostgresPosition): bigint {
  return BigInt(rows)
}

/** The value of the column and, behind a row, its key. */
export function valuesOf([, ...values]: PostgresPosition): readonly string[] {
  return values
}

/** Behind a row that a statement gave, whose value and key are `"0"`, `"1"` …, the `rows`-th that is emitted. */
export function positionBehind(row: TextRow, rows: bigint): PostgresPosition {
  const values: string[] = []
  for (let i = 0; `${i}` in row; i++) values.push(row[`${i}`]!)
  return [String(rows), ...values]
}
