/** Iceberg tables in a warehouse directory, with an SQLite catalog: the connector's one entry. */
import { isAbsolute, resolve } from 'node:path'
import type {
  ScanPredicate,
  TableCatalog,
  TableDescription,
  TableScan,
  TimeTravel,
} from '../../topology/contract/catalog.ts'
import type { Clock } from '../../topology/contract/clock.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import type { CommitterContext, Sink, WriterContext } from '../../topology/contract/sink.ts'
import { SluiceError } from '../../topology/errors.ts'
import { nearestName } from '../../topology/nearest-name.ts'
import type { TableReference } from '../../topology/table.ts'
import type { IcebergCatalog, LoadedTable } from './catalog/iceberg-catalog.ts'
import { SqliteCatalog } from './catalog/sqlite-catalog.ts'
import { IcebergCommitter } from './commit/iceberg-committer.ts'
import { describeTable } from './describe-table.ts'
import { ensureTable } from './ensure-table.ts'
import { resolvePartitionSpec } from './format/partition-spec.ts'
import { schemaFromJson } from './format/schema.ts'
import { currentSchema, specById } from './format/table-metadata.ts'
import { LocalFileIO, locationOfPath } from './io/local-file-io.ts'
import { planScan } from './scan/plan-scan.ts'
import { IcebergWriter, type IcebergWriterOptions } from './write/iceberg-writer.ts'
import { ParquetPool } from './write/parquet-pool.ts'

export interface IcebergOptions {
  /** Path of the catalog's SQLite file. */
  readonly catalogPath: string
  /** Directory of the tables: a path, or a `file:///` URI. */
  readonly warehouse: string
  readonly clock: Clock
  readonly logger: Logger
  /** Threads that encode Parquet. @default 1 */
  readonly parquetThreads?: number
  readonly writer?: Omit<IcebergWriterOptions, 'faultPoint'>
  /** Awaited at every step that a crash could split, for tests to fail there. */
  readonly faultPoint?: (name: string) => void | Promise<void>
}

/**
 * Opens the catalog, making it if it is not there. The Parquet thread starts with the first sink.
 *
 * @throws {SluiceError} `CATALOG_UNAVAILABLE`
 * @example const tables = openIceberg({ catalogPath: 'data/catalog.db', warehouse: 'data/warehouse', clock, logger })
 */
export function openIceberg(options: IcebergOptions): TableCatalog {
  return new IcebergTables(options)
}

class IcebergTables implements TableCatalog {
  private readonly options: IcebergOptions
  private readonly warehouse: string
  private readonly fileIO = new LocalFileIO()
  private readonly catalog: IcebergCatalog
  private readonly pool: ParquetPool

  constructor(options: IcebergOptions) {
    this.options = options
    this.warehouse = warehouseLocation(options.warehouse)
    this.pool = new ParquetPool(options.parquetThreads)
    this.catalog = new SqliteCatalog({ path: options.catalogPath, fileIO: this.fileIO, ...faultPointOf(options) })
  }

  async listTables(): Promise<readonly string[]> {
    return this.catalog.list()
  }

  async describeTable(name: string): Promise<TableDescription> {
    return describeTable(await this.load(name))
  }

  async planScan(
    name: string,
    options?: TimeTravel & { readonly predicates?: readonly ScanPredicate[] },
  ): Promise<TableScan> {
    return planScan(this.fileIO, await this.load(name), options)
  }

  async ensureTable(table: TableReference): Promise<void> {
    const location = `${this.warehouse}/${table.name.split('.').map(encodeURIComponent).join('/')}`
    await ensureTable(this.catalog, table, location, this.options.clock.nowMs())
  }

  sink(table: TableReference): Sink {
    this.pool.warm()
    return {
      createWriter: async (context: WriterContext) => this.createWriter(table, context),
      createCommitter: async (context: CommitterContext) =>
        new IcebergCommitter(context, {
          catalog: this.catalog,
          fileIO: this.fileIO,
          table: table.name,
          ...faultPointOf(this.options),
        }),
      close: async () => {},
    }
  }

  async close(): Promise<void> {
    await this.pool.close()
    await this.catalog.close()
    await this.fileIO.close()
  }

  private async createWriter(table: TableReference, context: WriterContext): Promise<IcebergWriter> {
    const { metadata } = await this.load(table.name)
    const schema = currentSchema(metadata)
    const specId = metadata['default-spec-id']
    const fields = schemaFromJson(schema)
    const writerTable = {
      name: table.name,
      uuid: metadata['table-uuid'],
      location: metadata.location,
      schemaId: schema['schema-id'],
      specId,
      fields,
      partitionFields: resolvePartitionSpec(specById(metadata, specId), fields),
    }
    return new IcebergWriter(writerTable, context, this.pool, {
      ...this.options.writer,
      ...faultPointOf(this.options),
    })
  }

  private async load(name: string): Promise<LoadedTable> {
    const table = await this.catalog.load(name)
    if (table !== undefined) return table
    const names = await this.catalog.list()
    const nearest = nearestName(name, names)
    const others = names.length === 0 ? 'The catalog has no tables yet.' : `There are: ${names.join(', ')}.`
    throw new SluiceError('TABLE_NOT_FOUND', `there is no table '${name}'`, {
      fix: nearest === undefined ? others : `Did you mean '${nearest}'?`,
      details: { table: name },
    })
  }
}

function warehouseLocation(warehouse: string): string {
  const location = warehouse.startsWith('file:') ? warehouse : locationOfPath(resolve(warehouse))
  if (location.startsWith('file:///') && isAbsolute(location.slice('file://'.length)))
    return location.replace(/\/+$/, '')
  throw new SluiceError('LOCATION_INVALID', `warehouse '${warehouse}' is neither a path nor a file:/// URI`, {
    fix: 'Give a directory, or a URI such as file:///srv/warehouse.',
    details: { warehouse },
  })
}

function faultPointOf(options: IcebergOptions): Pick<IcebergOptions, 'faultPoint'> {
  return options.faultPoint === undefined ? {} : { faultPoint: options.faultPoint }
}
