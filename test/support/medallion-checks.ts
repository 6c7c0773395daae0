/** What must hold of the medallion's tables however often the job was killed on the way, and an oracle for its gold. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import { CheckpointStore } from '../../runtime/checkpoint/checkpoint-store.ts'
import { decodeManifest, type Manifest } from '../../runtime/checkpoint/manifest.ts'
import { openFiles } from '../../runtime/compose/index.ts'
import { systemClock } from '../../runtime/time/system-clock.ts'
import type { SnapshotDescription, TableCatalog } from '../../topology/contract/catalog.ts'
import type { QueryEngine } from '../../topology/contract/query.ts'
import { configOf, openMedallionTables, publishedFile } from './medallion.ts'
import { recordingLogger } from './silent.ts'

export const TABLES = [
  'bronze.events',
  'gold.daily_revenue',
  'quarantine.events',
  'quarantine.late_events',
  'silver.events',
] as const

const COORDINATES = 'source_topic, source_partition, source_offset, record_hash'
const SILVER = `event_id, event_timestamp, source_system, user_id, action, product_id, amount, schema_version, ${COORDINATES}`

/** Tables that every run must fill alike, and their columns but for those that hold the time of the run. */
const REPEATABLE = {
  'bronze.events': `raw_payload, ${COORDINATES}, source_timestamp, source_system, event_id, event_type, event_timestamp, user_id, action, product_id, amount, schema_version`,
  'silver.events': SILVER,
  'quarantine.events': `raw_payload, ${COORDINATES}, rule, reason, severity`,
} as const

/** What a run has left, small enough to compare with another. */
export interface Outcome {
  /** By table: number of rows, and a hash of all of them that does not mind their order. */
  readonly tables: Readonly<Record<keyof typeof REPEATABLE, string>>
  /** `user day revenue transactions`, of gold and late events together, sorted. */
  readonly revenue: readonly string[]
}

export async function outcomeOf(dataDir: string): Promise<Outcome> {
  await using opened = await openMedallionTables(dataDir)
  const { engine } = opened
  const tables: Record<string, string> = {}
  for (const [table, columns] of Object.entries(REPEATABLE)) {
    const [[rows, hash]] = (await queryRows(
      engine,
      `SELECT count(*)::VARCHAR, sum(hash(${columns})::HUGEINT)::VARCHAR FROM ${table}`,
    )) as [[string, string]]
    tables[table] = `${rows} rows, hash ${hash}`
  }
  return { tables: tables as Outcome['tables'], revenue: await revenueOf(engine) }
}

/** Gold, and what came too late for it, per user and day. */
export const GOLD_AND_LATE = `
  SELECT user_id, day::VARCHAR, sum(revenue)::DECIMAL(18, 2)::VARCHAR, sum(transactions)::VARCHAR
  FROM (
    SELECT user_id, day, revenue, transactions FROM gold.daily_revenue
    UNION ALL
    SELECT user_id, event_timestamp::DATE, CASE action WHEN 'refund' THEN -amount ELSE amount END, 1
    FROM quarantine.late_events
  ) GROUP BY ALL`

export async function revenueOf(engine: QueryEngine): Promise<string[]> {
  const rows = await queryRows(engine, GOLD_AND_LATE)
  return rows.map((row) => row.join(' ')).sort()
}

/** The same from the published events alone, by DuckDB: those that the shop meant to be good, each once. */
export async function revenueOracle(dataDir: string): Promise<string[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    await connection.run("SET TimeZone = 'UTC'")
    const result = await connection.runAndReadAll(
      `WITH published AS (
         SELECT DISTINCT ON (event->>'event_id')
           trim(event->'payload'->>'user_id') AS user_id,
           (event->>'event_timestamp')::TIMESTAMPTZ::DATE AS day,
           event->'payload'->>'action' AS action,
           (event->'payload'->>'amount')::DECIMAL(18, 2) AS amount
         FROM read_json($1, format = 'newline_delimited', columns = {outcome: 'VARCHAR', event: 'JSON'})
         WHERE outcome IN ('silver', 'late', 'duplicate')
       )
       SELECT user_id, day::VARCHAR, sum(CASE action WHEN 'refund' THEN -amount ELSE amount END)::DECIMAL(18, 2)::VARCHAR,
         count(*)::VARCHAR
       FROM published WHERE action IN ('purchase', 'refund') GROUP BY ALL`,
      [publishedFile(dataDir)],
    )
    return result
      .getRows()
      .map((row) => row.join(' '))
      .sort()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/**
 * What is wrong with the tables and the checkpoints they follow; nothing, when every commit was made exactly once.
 *
 * @param env what the job was given besides, such as where its checkpoints are
 */
export async function violations(dataDir: string, env?: Readonly<Record<string, string>>): Promise<string[]> {
  await using opened = await openMedallionTables(dataDir)
  const { tables, engine } = opened
  const last = await lastCheckpoint(dataDir, env)
  const found: string[] = []
  const names = await tables.listTables()
  if (String(names) !== String(TABLES)) found.push(`tables are ${names}`)
  for (const name of TABLES)
    found.push(...(await tableViolations(tables, name, last)).map((what) => `${name}: ${what}`))
  const repeated = await queryRows(
    engine,
    'SELECT user_id, day FROM gold.daily_revenue GROUP BY ALL HAVING count(*) > 1',
  )
  found.push(...repeated.map((row) => `gold.daily_revenue: ${row.join(' ')} is there more than once`))
  const doubled = await queryRows(engine, 'SELECT event_id FROM silver.events GROUP BY ALL HAVING count(*) > 1')
  found.push(...doubled.map((row) => `silver.events: ${row} is there more than once`))
  return found
}

async function tableViolations(tables: TableCatalog, name: string, last: Manifest): Promise<string[]> {
  const found: string[] = []
  const table = await tables.describeTable(name)
  const commits = table.snapshots.filter((snapshot) => snapshot.summary['added-records'] !== undefined)
  const checkpoints = commits.map(checkpointOf)
  for (const name of repeatedIn(checkpoints)) found.push(`checkpoint ${name} was committed more than once`)
  for (const snapshot of commits) {
    if (BigInt(snapshot.summary['sluice.checkpoint-id'] ?? 0) > last.checkpointId) {
      found.push(`snapshot ${snapshot.snapshotId} holds ${checkpointOf(snapshot)}, which never completed`)
    }
  }
  let epoch = 0n
  for (const { snapshotId, summary } of table.snapshots) {
    const next = BigInt(summary['sluice.epoch'] ?? epoch)
    if (next < epoch) found.push(`snapshot ${snapshotId} of epoch ${next} came after epoch ${epoch} had been here`)
    epoch = next
  }
  const uid = `sink(${name})`
  const property = table.properties[`sluice.committed.${last.job}.${uid}`]
  const applied = property?.slice(property.indexOf('/') + 1)
  const owed = last.sinks[uid]!.committables.length
  if (applied !== `${last.epoch}/${last.checkpointId}` && owed > 0) {
    found.push(`committed is ${property}, the last checkpoint ${last.epoch}/${last.checkpointId}`)
  }
  const { files } = await tables.planScan(name)
  const locations = files.map(({ location }) => location)
  for (const location of repeatedIn(locations)) found.push(`${location} is referenced more than once`)
  for (const location of locations) {
    if (!existsSync(fileURLToPath(location.replaceAll('%', '%25')))) found.push(`${location} is gone`)
  }
  const rows = files.reduce((sum, { rowCount }) => sum + rowCount, 0n)
  if (rows !== table.rowCount) found.push(`files hold ${rows} rows, the summary says ${table.rowCount}`)
  return found
}

/** The newest checkpoint that is complete. */
export async function lastCheckpoint(
  dataDir: string,
  env?: Readonly<Record<string, string>>,
  job = 'medallion',
): Promise<Manifest> {
  const config = configOf(dataDir, env)
  const logger = recordingLogger()
  const files = await openFiles(config, { clock: systemClock, logger })
  try {
    const root = `${config.checkpoints}/${job}`
    const store = new CheckpointStore({ files, root, logger })
    const entry = (await store.list()).at(-1)
    if (entry === undefined) throw new Error('no checkpoint is complete')
    const location = `${root}/${entry.manifest}`
    return decodeManifest(await files.read(location), location, entry.sha256)
  } finally {
    await files.close()
  }
}

export async function queryRows(engine: QueryEngine, sql: string): Promise<readonly (readonly unknown[])[]> {
  return (await engine.query(sql)).rows
}

function checkpointOf({ summary }: SnapshotDescription): string {
  return `${summary['sluice.checkpoint-epoch']}/${summary['sluice.checkpoint-id']}`
}

function repeatedIn(values: readonly string[]): string[] {
  const counts = Map.groupBy(values, (value) => value)
  return [...counts].filter(([, all]) => all.length > 1).map(([value]) => value)
}

/** How many snapshots and data files all tables have. */
export async function tableCounts(dataDir: string): Promise<{ readonly snapshots: number; readonly files: number }> {
  await using opened = await openMedallionTables(dataDir)
  const all = await Promise.all(TABLES.map((name) => opened.tables.describeTable(name)))
  return {
    snapshots: all.reduce((sum, { snapshots }) => sum + snapshots.length, 0),
    files: all.reduce((sum, { fileCount }) => sum + fileCount, 0),
  }
}
