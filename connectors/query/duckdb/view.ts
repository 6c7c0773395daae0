/** The SQL that makes a planned scan a view: its files, columns matched by field id. */
import type { TableScan } from '../../../topology/contract/catalog.ts'
import { SluiceError } from '../../../topology/errors.ts'
import type { DataType } from '../../../topology/schema/types.ts'

/**
 * `CREATE VIEW` over exactly the files of `scan`. A column that a file does not have is null; a table without files is
 * an empty one of the same types. Fields of structs are matched by name.
 */
export function createView(namespace: string, name: string, scan: TableScan): string {
  return `CREATE VIEW ${identifier(namespace)}.${identifier(name)} AS ${selectFrom(scan)}`
}

/** The path of a file, as DuckDB takes it. */
export function filePath(location: string): string {
  return location.startsWith('file://') ? location.slice('file://'.length) : location
}

function selectFrom(scan: TableScan): string {
  const deletes = scan.files.find((file) => file.deleteFiles.length > 0)
  if (deletes !== undefined) {
    throw new SluiceError('TABLE_UNSUPPORTED', `${scan.table} has delete files (for ${deletes.location})`, {
      fix: 'Compact the table with the engine that wrote the deletes; this version reads tables without them.',
      details: { table: scan.table, location: deletes.location },
    })
  }
  if (scan.files.length === 0) {
    const columns = scan.fields.map(({ name, type }) => `CAST(NULL AS ${duckDbType(type)}) AS ${identifier(name)}`)
    return `SELECT ${columns.join(', ')} WHERE false`
  }
  const paths = scan.files.map((file) => text(filePath(file.location)))
  const columns = scan.fields.map(
    ({ id, name, type }) => `${id}: {name: ${text(name)}, type: ${text(duckDbType(type))}, default_value: NULL}`,
  )
  // Directories are named after partitions, as Hive's are; the columns are in the files all the same.
  return `SELECT * FROM read_parquet([${paths.join(', ')}], schema = MAP {${columns.join(', ')}}, hive_partitioning = false)`
}

/** DuckDB's name of a logical type. */
function duckDbType(type: DataType): string {
  switch (type.kind) {
    case 'boolean':
    case 'float':
    case 'double':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'uuid':
      return type.kind.toUpperCase()
    case 'int':
      return 'INTEGER'
    case 'long':
      return 'BIGINT'
    case 'timestamptz':
      return 'TIMESTAMP WITH TIME ZONE'
    case 'string':
      return 'VARCHAR'
    case 'binary':
    case 'fixed':
      return 'BLOB'
    case 'decimal':
      return `DECIMAL(${type.precision}, ${type.scale})`
    case 'struct':
      return `STRUCT(${type.fields.map((field) => `${identifier(field.name)} ${duckDbType(field.type)}`).join(', ')})`
    case 'list':
      return `${duckDbType(type.element)}[]`
    case 'map':
      return `MAP(${duckDbType(type.key)}, ${duckDbType(type.value)})`
  }
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}
