/**
 * Maps configuration to connectors: the one place that may import connectors/, and only when one is asked for, so that
 * a command which reads a topic loads no Parquet and no DuckDB.
 */
import { join } from 'node:path'
import type { TableCatalog } from '../../topology/contract/catalog.ts'
import type { Clock } from '../../topology/contract/clock.ts'
import type { EndpointSystem } from '../../topology/contract/endpoint.ts'
import type { FileIO } from '../../topology/contract/file-io.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import type { QueryEngine } from '../../topology/contract/query.ts'
import type { SerdeSystem } from '../../topology/contract/serde.ts'
import type { TopicOptions, TopicSystem } from '../../topology/contract/topic.ts'
import type { EndpointReference } from '../../topology/endpoint.ts'
import { SluiceError } from '../../topology/errors.ts'
import type { Config } from '../config/config.ts'
import { type FaultPoint, faultPoint } from '../fault-point.ts'
import { configuredBackend } from '../state/configured-backend.ts'
import { lazySerdes } from './lazy-serdes.ts'
import { requireClients } from './require-clients.ts'

export interface ComposeContext {
  readonly clock: Clock
  readonly logger: Logger
}

/** Where `topic()` lives: Kafka, or the embedded log, whose new topics get the configured number of partitions unless told otherwise. */
export async function openTopics(config: Config, { clock, logger }: ComposeContext): Promise<TopicSystem> {
  if (config.kafka !== undefined) {
    const { openKafkaTopics } = await import('./open-kafka.ts')
    return openKafkaTopics(config, config.kafka, { clock, logger })
  }
  const { openLog } = await import('../../connectors/log/log.ts')
  return withPartitions(openLog({ path: config.logPath, clock, logger, faultPoint }), config.topic.partitions)
}

/** Where `table()` lives: Iceberg tables on the local disk, in an SQLite catalog. */
export async function openTables(config: Config, { clock, logger }: ComposeContext): Promise<TableCatalog> {
  const { openIceberg } = await import('../../connectors/iceberg/iceberg.ts')
  const tables = openIceberg({
    catalogPath: config.catalogPath,
    warehouse: config.warehouse,
    clock,
    logger,
    faultPoint: (name: string) => faultPoint(name as FaultPoint),
  })
  return withParquetClients(tables)
}

/** Where endpoints are: files on this machine, databases, and HTTP, whose webhooks keep what they are sent in a topic. */
export async function openEndpoints(
  config: Config,
  { clock, topics }: ComposeContext & { readonly topics: TopicSystem },
): Promise<EndpointSystem> {
  const [{ openFileEndpoints }, { openHttpEndpoints }, { openPostgresEndpoints }, { LocalFileIO }] = await Promise.all([
    import('../../connectors/file/file.ts'),
    import('../../connectors/http/http.ts'),
    import('../../connectors/postgres/postgres.ts'),
    import('../../connectors/iceberg/io/local-file-io.ts'),
  ])
  const faults = (name: string) => faultPoint(name as FaultPoint)
  const connectors: Readonly<Record<string, EndpointSystem>> = {
    file: openFileEndpoints({ cwd: process.cwd(), faultPoint: faults, requireClients }),
    http: openHttpEndpoints({
      topics,
      files: new LocalFileIO(),
      outbox: `file://${join(config.dataDir, 'outbox')}`,
      env: process.env,
      clock,
      random: Math.random,
      faultPoint: faults,
    }),
    postgres: openPostgresEndpoints({ env: process.env, clock, requireClients, faultPoint: faults }),
  }
  const of = ({ connector, name }: EndpointReference) => {
    const found = connectors[connector]
    if (found !== undefined) return found
    throw new SluiceError(
      'ENDPOINT_INVALID',
      `endpoint "${name}" is for connector "${connector}", which is not there`,
      {
        fix: `Use one of ${Object.keys(connectors).join(', ')}.`,
      },
    )
  }
  return { source: (endpoint) => of(endpoint).source(endpoint), sink: (endpoint) => of(endpoint).sink(endpoint) }
}

/** What reads and writes topics in Avro and Protobuf: with the schema registry that the configuration names, or its own. */
export function openSerdes({ schemaRegistry }: Config, { clock, logger }: ComposeContext): SerdeSystem {
  return lazySerdes(async () => {
    const { openRegistrySerdes } = await import('../../connectors/registry/serdes.ts')
    const registry = await openRegistry(schemaRegistry)
    return openRegistrySerdes({ registry, clock, random: Math.random, logger })
  })
}

async function openRegistry({ url, credentials, path }: Config['schemaRegistry']) {
  if (url === undefined) {
    const { openEmbeddedRegistry } = await import('../../connectors/registry/embedded/embedded-registry.ts')
    return openEmbeddedRegistry({ path })
  }
  requireClients('a schema registry', ['@kafkajs/confluent-schema-registry'])
  const { openConfluentRegistry } = await import('../../connectors/registry/confluent/confluent-registry.ts')
  return openConfluentRegistry({ url, credentials })
}

/** All that a job is connected to. */
export async function openConnections(config: Config, context: ComposeContext) {
  await using opened = new AsyncDisposableStack()
  const topics = opened.adopt(await openTopics(config, context), (system) => system.close())
  const tables = opened.adopt(await openTables(config, context), (catalog) => catalog.close())
  const endpoints = await openEndpoints(config, { ...context, topics })
  const serdes = opened.adopt(openSerdes(config, context), (system) => system.close())
  const keep = opened.move()
  const openState = configuredBackend(config.state)
  return { topics, tables, endpoints, serdes, openState, close: () => keep.disposeAsync() }
}

/** What runs SQL over `tables`, which stay the caller's to close. */
export async function openQuery(_config: Config, tables: TableCatalog): Promise<QueryEngine> {
  requireClients('SQL', ['@duckdb/node-api'])
  const { openDuckDb } = await import('../../connectors/query/duckdb/engine.ts')
  return openDuckDb({ tables })
}

/** Where checkpoints live: the local disk, or an S3-compatible store. */
export async function openFiles(config: Config, { clock }: ComposeContext): Promise<FileIO> {
  if (config.checkpoints.startsWith('s3://')) {
    requireClients('keeping files on S3', ['@aws-sdk/client-s3'])
    const { S3FileIO } = await import('../../connectors/iceberg/io/s3-file-io.ts')
    return new S3FileIO({ ...config.s3, clock, random: Math.random })
  }
  const { LocalFileIO } = await import('../../connectors/iceberg/io/local-file-io.ts')
  return new LocalFileIO()
}

/** Asked for when a job opens its sinks, and not when its first checkpoint writes Parquet. */
function withParquetClients(tables: TableCatalog): TableCatalog {
  return {
    listTables: () => tables.listTables(),
    describeTable: (name) => tables.describeTable(name),
    planScan: (name, options) => tables.planScan(name, options),
    ensureTable: (table) => tables.ensureTable(table),
    sink(table) {
      requireClients('writing tables', ['apache-arrow', 'parquet-wasm'])
      return tables.sink(table)
    },
    close: () => tables.close(),
  }
}

function withPartitions(system: TopicSystem, partitions: number): TopicSystem {
  const complete = (options?: TopicOptions): TopicOptions => ({ partitions, ...options })
  return {
    ensureTopic: (topic, options) => system.ensureTopic(topic, complete(options)),
    append: (topic, records, acks) => system.append(topic, records, acks),
    alterTopic: (topic, options) => system.alterTopic(topic, options),
    describeTopics: (topics) => system.describeTopics(topics),
    source: (topic, options) => system.source(topic, complete(options)),
    sink: (topic, options) => system.sink(topic, complete(options)),
    close: () => system.close(),
  }
}
