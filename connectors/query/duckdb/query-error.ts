/** DuckDB's errors as ours: with a code, the nearest name, and what to do. */
import type { TableScan } from '../../../topology/contract/catalog.ts'
import { isSluiceError, SluiceError } from '../../../topology/errors.ts'
import { nearestName } from '../../../topology/nearest-name.ts'

const UNKNOWN_COLUMN = [
  /Referenced column "(?<column>[^"]+)" not found/,
  /Values list "(?<table>[^"]+)" does not have a column named "(?<column>[^"]+)"/,
  /Table "(?<table>[^"]+)" does not have a column named "(?<column>[^"]+)"/,
  /Column "(?<column>[^"]+)" in (?:EXCLUDE|REPLACE|RENAME) list not found/,
  /Column "(?<column>[^"]+)" does not exist on (?:left|right) side of join/,
]

/** `scans`: the tables the statement reads. */
export function toQueryError(error: unknown, sql: string, scans: readonly TableScan[]): unknown {
  if (!(error instanceof Error) || isSluiceError(error)) return error
  for (const pattern of UNKNOWN_COLUMN) {
    const column = pattern.exec(error.message)?.groups?.['column']
    if (column !== undefined) return columnNotFound(column, sql, scans, error)
  }
  const kind = /^(\w+(?: \w+)*) Error: /.exec(error.message)?.[1]
  if (kind === 'IO' || kind === 'Out of Memory' || kind === 'Internal' || kind === 'Fatal') {
    return new SluiceError('QUERY_FAILED', error.message, { cause: error, details: { sql } })
  }
  return new SluiceError('SQL_INVALID', error.message, { cause: error, details: { sql } })
}

export function tableNotFound(name: string, tables: readonly string[]): SluiceError {
  // A name without its namespace is the commonest slip of all.
  const inNamespaces = tables.filter((table) => table.toLowerCase().endsWith(`.${name.toLowerCase()}`))
  const nearest = inNamespaces.length > 0 ? inNamespaces.join(' or ') : nearestName(name, tables)
  return new SluiceError(
    'TABLE_NOT_FOUND',
    `there is no table ${name}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
    {
      fix:
        tables.length === 0
          ? 'The catalog is empty: tables are made by the first run of a job.'
          : `Name a table as namespace.name; there are ${tables.join(', ')}.`,
      details: { table: name, tables },
    },
  )
}

function columnNotFound(column: string, sql: string, scans: readonly TableScan[], cause: Error): SluiceError {
  const columns = Object.fromEntries(scans.map((scan) => [scan.table, scan.fields.map((field) => field.name)]))
  const nearest = nearestName(column, Object.values(columns).flat())
  const listing = Object.entries(columns).map(([table, names]) => `Columns of ${table}: ${names.join(', ')}.`)
  return new SluiceError(
    'COLUMN_NOT_FOUND',
    `there is no column ${column}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
    {
      cause,
      fix: listing.length === 0 ? 'The query reads no table.' : listing.join(' '),
      details: { column, columns, sql },
    },
  )
}
