/** The catalog of an Iceberg lake, in memory: a service with one compare-and-set, whose replies may be lost. */
import type { IcebergCatalog, LoadedTable } from '../../connectors/iceberg/catalog/iceberg-catalog.ts'
import { newTableMetadata, type TableMetadata } from '../../connectors/iceberg/format/table-metadata.ts'
import { isSluiceError, SluiceError } from '../../topology/errors.ts'
import type { TableReference } from '../../topology/table.ts'
import { ask } from './remote-service.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Climate } from './weather.ts'

export class SimulatedLake {
  readonly tables = new Map<string, LoadedTable>()
  readonly climate: Climate
  /** Told of every commit of a job. */
  onCommitted: (base: LoadedTable, next: LoadedTable) => void = () => {}

  constructor(climate: Climate, tables: readonly TableReference[]) {
    this.climate = climate
    for (const table of tables) this.make(table.name, newTableMetadata(table, `sim:///lake/${table.name}`, 0))
  }

  /** The catalog as a process sees it. */
  catalogOf(process: SimulatedProcess): IcebergCatalog {
    const request = <T>(what: () => string, effect: () => T, isDecisive?: boolean) =>
      ask(process, this.climate, what, effect, isDecisive)
    return {
      list: () =>
        request(
          () => 'list tables',
          () => [...this.tables.keys()],
        ),
      load: (name) =>
        request(
          () => `load ${name}`,
          () => this.tables.get(name),
        ),
      create: (name, metadata) =>
        request(
          () => `make ${name}`,
          () => this.make(name, metadata),
        ),
      commit: async (base, next) => {
        try {
          return await request(
            () => `commit ${base.name}`,
            () => this.commit(base, next),
            true,
          )
        } catch (cause) {
          if (!isSluiceError(cause, 'SERVICE_FAILED')) throw cause
          throw new SluiceError('COMMIT_STATE_UNKNOWN', `a commit to ${base.name} has an unknown outcome`, { cause })
        }
      },
      close: async () => {},
    }
  }

  /** Somebody else changes a table: whoever commits at the same time has to look again. */
  touch(name: string): void {
    const table = this.tables.get(name)!
    const { metadata } = table
    const properties = { ...metadata.properties, touched: String(Number(metadata.properties?.['touched'] ?? 0) + 1) }
    this.replace(table, { ...metadata, properties })
  }

  private make(name: string, metadata: TableMetadata): boolean {
    if (this.tables.has(name)) return false
    this.tables.set(name, { name, metadata, metadataLocation: '0' })
    return true
  }

  private commit(base: LoadedTable, metadata: TableMetadata): LoadedTable | undefined {
    const current = this.tables.get(base.name)!
    if (current.metadataLocation !== base.metadataLocation) return undefined
    const next = this.replace(current, metadata)
    this.onCommitted(current, next)
    return next
  }

  private replace({ name, metadataLocation }: LoadedTable, metadata: TableMetadata): LoadedTable {
    const next = { name, metadata, metadataLocation: String(Number(metadataLocation) + 1) }
    this.tables.set(name, next)
    return next
  }
}
