/**
 * An Iceberg catalog in an SQLite file: the JDBC catalog's schema V1, which PyIceberg, Trino and Spark read too.
 *
 * Several processes may use it at once. A commit is durable when it returns: WAL with synchronous=FULL.
 */
import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { FileIO } from '../../../topology/contract/file-io.ts'
import { SluiceError } from '../../../topology/errors.ts'
import { printJson } from '../format/json.ts'
import { parseTableMetadata, type TableMetadata } from '../format/table-metadata.ts'
import { logPreviousMetadata } from '../format/table-update.ts'
import type { IcebergCatalog, LoadedTable } from './iceberg-catalog.ts'
import { untilFree } from './until-free.ts'

/** The name under which tables are stored: another engine's catalog must be given the same. */
const CATALOG_NAME = 'sluice'

export interface SqliteCatalogOptions {
  /** Path of the database file; made when missing. */
  readonly path: string
  readonly fileIO: FileIO
  /** How long to wait for another process's transaction. @default 10000 */
  readonly busyTimeoutMs?: number
  /** Awaited right before and after the compare-and-set. */
  readonly faultPoint?: (name: string) => void | Promise<void>
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS iceberg_tables (
    catalog_name VARCHAR(255) NOT NULL,
    table_namespace VARCHAR(255) NOT NULL,
    table_name VARCHAR(255) NOT NULL,
    metadata_location VARCHAR(1000),
    previous_metadata_location VARCHAR(1000),
    iceberg_type VARCHAR(5),
    PRIMARY KEY (catalog_name, table_namespace, table_name)
  );
  CREATE TABLE IF NOT EXISTS iceberg_namespace_properties (
    catalog_name VARCHAR(255) NOT NULL,
    namespace VARCHAR(255) NOT NULL,
    property_key VARCHAR(255) NOT NULL,
    property_value VARCHAR(1000),
    PRIMARY KEY (catalog_name, namespace, property_key)
  );`

const SQLITE_FULL = 13

function openDatabase(path: string, busyTimeoutMs: number): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs })
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

const IS_TABLE = `(iceberg_type = 'TABLE' OR iceberg_type IS NULL)`

export class SqliteCatalog implements IcebergCatalog {
  private readonly database: DatabaseSync
  private readonly fileIO: FileIO
  private readonly faultPoint: (name: string) => void | Promise<void>

  constructor(options: SqliteCatalogOptions) {
    this.fileIO = options.fileIO
    this.faultPoint = options.faultPoint ?? (() => {})
    try {
      mkdirSync(dirname(options.path), { recursive: true })
      const { busyTimeoutMs = 10_000 } = options
      this.database = untilFree(busyTimeoutMs, () => openDatabase(options.path, busyTimeoutMs))
      this.transaction(() => {
        this.database.exec(SCHEMA)
        this.upgrade()
      })
    } catch (cause) {
      throw new SluiceError(
        'CATALOG_UNAVAILABLE',
        `cannot open the Iceberg catalog ${options.path}: ${messageOf(cause)}`,
        {
          cause,
          fix: 'Check that the path is a writable SQLite database that no other program holds locked.',
          details: { path: options.path },
        },
      )
    }
  }

  async list(): Promise<readonly string[]> {
    const rows = this.database
      .prepare(`SELECT table_namespace, table_name FROM iceberg_tables WHERE catalog_name = ? AND ${IS_TABLE}`)
      .all(CATALOG_NAME)
    return rows.map((row) => `${row['table_namespace']}.${row['table_name']}`).sort()
  }

  async load(name: string): Promise<LoadedTable | undefined> {
    const location = this.currentLocation(name)
    if (location === undefined) return undefined
    try {
      return await this.loadFrom(name, location)
    } catch (error) {
      // The file may be gone because newer versions pushed it out while it was being read.
      const moved = this.currentLocation(name)
      if (moved === undefined || moved === location) throw error
      return this.load(name)
    }
  }

  async create(name: string, metadata: TableMetadata): Promise<boolean> {
    const location = await this.writeMetadata(metadata, 0)
    const [namespace, table] = splitName(name)
    const created = this.transaction(() => {
      const { changes } = this.database
        .prepare(`INSERT OR IGNORE INTO iceberg_tables VALUES (?, ?, ?, ?, NULL, 'TABLE')`)
        .run(CATALOG_NAME, namespace, table, location)
      this.database
        .prepare(`INSERT OR IGNORE INTO iceberg_namespace_properties VALUES (?, ?, 'exists', 'true')`)
        .run(CATALOG_NAME, namespace)
      return changes === 1
    })
    if (!created) await this.fileIO.delete(location)
    return created
  }

  async commit(base: LoadedTable, next: TableMetadata): Promise<LoadedTable | undefined> {
    const { metadata, dropped } = logPreviousMetadata(next, base.metadata, base.metadataLocation)
    const location = await this.writeMetadata(metadata, versionOf(base.metadataLocation) + 1)
    await this.faultPoint('iceberg.before-catalog-cas')
    if (!this.compareAndSet(base, location)) {
      await this.fileIO.delete(location)
      return undefined
    }
    await this.faultPoint('iceberg.after-catalog-cas')
    if (metadata.properties?.['write.metadata.delete-after-commit.enabled'] === 'true') {
      await Promise.all(dropped.map((file) => this.fileIO.delete(file)))
    }
    return { name: base.name, metadataLocation: location, metadata }
  }

  async close(): Promise<void> {
    if (this.database.isOpen) this.database.close()
  }

  private compareAndSet(base: LoadedTable, location: string): boolean {
    const [namespace, table] = splitName(base.name)
    try {
      return this.transaction(() => {
        const { changes } = this.database
          .prepare(
            `UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = ?
             WHERE catalog_name = ? AND table_namespace = ? AND table_name = ? AND metadata_location = ? AND ${IS_TABLE}`,
          )
          .run(location, base.metadataLocation, CATALOG_NAME, namespace, table, base.metadataLocation)
        return changes === 1
      })
    } catch (cause) {
      if ((cause as { readonly errcode?: number }).errcode === SQLITE_FULL) throw diskFull(base.name, cause)
      throw new SluiceError(
        'COMMIT_STATE_UNKNOWN',
        `commit to ${base.name} may or may not have happened: ${messageOf(cause)}`,
        {
          cause,
          fix: 'Reload the table and look; the committer does so by itself.',
          details: { table: base.name, location },
        },
      )
    }
  }

  private currentLocation(name: string): string | undefined {
    const [namespace, table] = splitName(name)
    const row = this.database
      .prepare(
        `SELECT metadata_location FROM iceberg_tables
         WHERE catalog_name = ? AND table_namespace = ? AND table_name = ? AND ${IS_TABLE}`,
      )
      .get(CATALOG_NAME, namespace, table)
    return (row?.['metadata_location'] as string | null | undefined) ?? undefined
  }

  private async loadFrom(name: string, metadataLocation: string): Promise<LoadedTable> {
    const bytes = await this.fileIO.read(metadataLocation)
    const metadata = parseTableMetadata(new TextDecoder().decode(bytes), metadataLocation)
    return { name, metadataLocation, metadata }
  }

  private async writeMetadata(metadata: TableMetadata, version: number): Promise<string> {
    const file = `${String(version).padStart(5, '0')}-${randomUUID()}.metadata.json`
    const location = `${metadata.location}/metadata/${file}`
    await this.fileIO.write(location, new TextEncoder().encode(printJson(metadata)))
    return location
  }

  /** IMMEDIATE: takes the write lock at once, where waiting for it cannot fail half-way. */
  private transaction<R>(act: () => R): R {
    this.database.exec('BEGIN IMMEDIATE')
    try {
      const result = act()
      this.database.exec('COMMIT')
      return result
    } catch (error) {
      if (this.database.isTransaction) this.database.exec('ROLLBACK')
      throw error
    }
  }

  /** Schema V0, which older writers made, lacks iceberg_type. */
  private upgrade(): void {
    const columns = this.database.prepare('PRAGMA table_info(iceberg_tables)').all()
    if (columns.some((column) => column['name'] === 'iceberg_type')) return
    this.database.exec('ALTER TABLE iceberg_tables ADD COLUMN iceberg_type VARCHAR(5)')
  }
}

/** @throws {SluiceError} `TABLE_NAME_INVALID` for a name without a namespace. */
function splitName(name: string): [namespace: string, table: string] {
  const dot = name.lastIndexOf('.')
  if (dot > 0 && dot < name.length - 1) return [name.slice(0, dot), name.slice(dot + 1)]
  throw new SluiceError('TABLE_NAME_INVALID', `'${name}' is not a table name`, {
    fix: 'Write namespace.name, for example bronze.events.',
    details: { table: name },
  })
}

/** The number in `00012-<uuid>.metadata.json`; 0 for files that other writers named otherwise. */
function versionOf(metadataLocation: string): number {
  const version = /^0*(\d+)-/.exec(metadataLocation.slice(metadataLocation.lastIndexOf('/') + 1))
  return version === null ? 0 : Number(version[1])
}

/** SQLite has rolled the transaction back when it says this. */
function diskFull(table: string, cause: unknown): SluiceError {
  return new SluiceError('DISK_FULL', `cannot commit to ${table}: the disk of the catalog is full`, {
    cause,
    fix: 'Free space on that disk and start again; nothing is lost.',
    details: { table },
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
