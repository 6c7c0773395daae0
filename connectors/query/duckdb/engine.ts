/** SQL over a catalog's tables by DuckDB, which gets to see the files that our own scan planning names and nothing else. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { TableCatalog, TableScan, TimeTravel } from '../../../topology/contract/catalog.ts'
import type { QueryEngine, QueryResult } from '../../../topology/contract/query.ts'
import type { Json } from '../../../topology/json.ts'
import { toJsonValue } from './json-value.ts'
import { findPredicates } from './predicates.ts'
import { tableNotFound, toQueryError } from './query-error.ts'
import { parseSelect, type SyntaxNode } from './syntax-tree.ts'
import { findTableReferences, type TableReference } from './table-references.ts'
import { createView, filePath, identifier, text } from './view.ts'

export interface DuckDbOptions {
  readonly tables: TableCatalog
  /** Where large sorts and joins may spill. @default a directory of this process under the system's */
  readonly spillDirectory?: string
}

/**
 * A query engine that lives in this process. Each query gets a database of its own, in memory, with one view per table
 * it names; once these are made, DuckDB's access to files is cut down to theirs and its configuration locked.
 *
 * The session's time zone is UTC. The catalog stays the caller's to close.
 *
 * @example const engine = openDuckDb({ tables })
 */
export function openDuckDb(options: DuckDbOptions): QueryEngine {
  const { tables, spillDirectory = join(tmpdir(), `sluice-duckdb-${process.pid}`) } = options
  return {
    async query(sql, { signal, ...timeTravel } = {}) {
      signal?.throwIfAborted()
      const instance = await DuckDBInstance.create(':memory:', {
        autoinstall_known_extensions: 'false',
        autoload_known_extensions: 'false',
        temp_directory: spillDirectory,
      })
      const connection = await instance.connect()
      const interrupt = () => connection.interrupt()
      signal?.addEventListener('abort', interrupt, { once: true })
      try {
        return await run(connection, tables, sql, timeTravel, signal)
      } finally {
        signal?.removeEventListener('abort', interrupt)
        connection.closeSync()
        instance.closeSync()
      }
    },
    async close() {},
  }
}

async function run(
  connection: DuckDBConnection,
  tables: TableCatalog,
  sql: string,
  timeTravel: TimeTravel,
  signal: AbortSignal | undefined,
): Promise<QueryResult> {
  let scans: readonly TableScan[] = []
  try {
    const select = await parseSelect(connection, sql)
    const references = await resolve(tables, findTableReferences(select))
    scans = await Promise.all([...references].map(([name, places]) => plan(tables, name, select, places, timeTravel)))
    signal?.throwIfAborted()
    await prepare(connection, references, scans)
    const { columns, rows } = await read(connection, sql, signal)
    return { columns, rows, tables: scans.map(describe) }
  } catch (error) {
    signal?.throwIfAborted()
    throw toQueryError(error, sql, scans)
  }
}

/** The places that name each table, by the catalog's spelling of its name. SQL does not mind case; the catalog does. */
async function resolve(
  tables: TableCatalog,
  references: readonly TableReference[],
): Promise<ReadonlyMap<string, readonly TableReference[]>> {
  const names = references.length === 0 ? [] : await tables.listTables()
  const resolved = new Map<string, TableReference[]>()
  for (const reference of references) {
    const insensitive = names.filter((name) => name.toLowerCase() === reference.name.toLowerCase())
    const name = insensitive.find((candidate) => candidate === reference.name) ?? insensitive[0]
    if (name === undefined || 'catalog_name' in reference.node) throw tableNotFound(reference.name, names)
    const places = resolved.get(name)
    if (places === undefined) resolved.set(name, [reference])
    else places.push(reference)
  }
  return resolved
}

async function plan(
  tables: TableCatalog,
  name: string,
  select: SyntaxNode,
  places: readonly TableReference[],
  timeTravel: TimeTravel,
): Promise<TableScan> {
  if (places.length > 1) return tables.planScan(name, timeTravel)
  // An older snapshot may have an older schema, which only its plan tells.
  const travels = timeTravel.snapshotId !== undefined || timeTravel.asOfMs !== undefined
  const whole = travels ? await tables.planScan(name, timeTravel) : undefined
  const fields = whole?.fields ?? (await tables.describeTable(name)).fields
  const predicates = findPredicates(select, places[0]!, fields)
  if (whole !== undefined && predicates.length === 0) return whole
  return tables.planScan(name, { ...timeTravel, predicates })
}

async function prepare(
  connection: DuckDBConnection,
  references: ReadonlyMap<string, readonly TableReference[]>,
  scans: readonly TableScan[],
): Promise<void> {
  const paths = scans.flatMap((scan) => scan.files.map((file) => text(filePath(file.location))))
  await connection.run("SET TimeZone = 'UTC'")
  await connection.run(`SET allowed_paths = [${paths.join(', ')}]`)
  let index = 0
  for (const places of references.values()) {
    const { node } = places[0]!
    const namespace = (node['schema_name'] as string | undefined) ?? 'main'
    await connection.run(`CREATE SCHEMA IF NOT EXISTS ${identifier(namespace)}`)
    await connection.run(createView(namespace, node['table_name'] as string, scans[index++]!))
  }
  await connection.run('SET enable_external_access = false')
  await connection.run('SET lock_configuration = true')
}

async function read(connection: DuckDBConnection, sql: string, signal: AbortSignal | undefined) {
  const result = await connection.stream(sql)
  const columns = result.columnNames().map((name, index) => ({ name, type: result.columnType(index).toString() }))
  const rows: Json[][] = []
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    signal?.throwIfAborted()
    for (const row of chunk.getRows()) rows.push(row.map(toJsonValue))
  }
  return { columns, rows }
}

function describe(scan: TableScan): QueryResult['tables'][number] {
  return {
    name: scan.table,
    snapshotId: scan.snapshotId,
    watermarkMs: scan.watermarkMs,
    filesRead: scan.files.length,
    filesPruned: scan.pruned.byPartition + scan.pruned.byBounds,
  }
}
