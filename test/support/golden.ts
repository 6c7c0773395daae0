/** Golden output of the jobs in jobs/: what their tables must hold however often a run was killed, at whatever parallelism. */
import { mkdirSync } from 'node:fs'
import { openTopics } from '../../runtime/compose/index.ts'
import { systemClock } from '../../runtime/time/system-clock.ts'
import type { OutgoingRecord } from '../../topology/contract/topic.ts'
import type { Json } from '../../topology/json.ts'
import { compile } from '../../topology/plan/compile.ts'
import type { Topology } from '../../topology/topology.ts'
import { configOf, openMedallionTables } from './medallion.ts'
import { recordingLogger } from './silent.ts'

/** What test/jobs/<job>/golden.ts exports by default. */
export interface GoldenInput {
  /**
   * Publishes the job's input, the same each time.
   * @param late with records that come too late for their window; without, none does, however splits interleave
   */
  publish(dataDir: string, late: boolean): Promise<void>
  /**
   * What must be the same although records are late, and how splits interleave decides for which window they are: a query
   * that counts gold and late together.
   */
  readonly goldAndLate?: string
}

/** Columns that hold the time of the run. */
const WALL_CLOCK: ReadonlySet<string> = new Set(['ingestion_timestamp', 'quarantined_at'])

/** Every table that the job writes: its rows as a multiset, but for their wall-clock columns. */
export async function goldenTables(job: Topology, dataDir: string): Promise<Readonly<Record<string, string[]>>> {
  await using opened = await openMedallionTables(dataDir)
  const golden: Record<string, string[]> = {}
  for (const { behaviour } of compile(job).nodes) {
    if (behaviour.type !== 'sink' || behaviour.sink.kind !== 'table') continue
    const { name, fields } = behaviour.sink.table
    const columns = fields
      .filter((field) => !WALL_CLOCK.has(field.name))
      .map((field) => (field.type.kind === 'binary' ? `md5("${field.name}")` : `"${field.name}"`))
    golden[name] = await sortedRows(opened, `SELECT ${columns.join(', ')} FROM ${name}`)
  }
  return golden
}

export async function goldAndLate(sql: string, dataDir: string): Promise<string[]> {
  await using opened = await openMedallionTables(dataDir)
  return await sortedRows(opened, sql)
}

async function sortedRows({ engine }: Awaited<ReturnType<typeof openMedallionTables>>, sql: string): Promise<string[]> {
  const { rows } = await engine.query(sql)
  return rows.map((row: readonly Json[]) => JSON.stringify(row)).sort()
}

/** Appends records in the order given, a few hundred at a time, so that partitions interleave as they would in time. */
export async function publishRecords(
  dataDir: string,
  topic: string,
  records: Iterable<OutgoingRecord>,
  appendRecords = 400,
): Promise<void> {
  mkdirSync(dataDir, { recursive: true })
  const topics = await openTopics(configOf(dataDir), { clock: systemClock, logger: recordingLogger() })
  try {
    await topics.ensureTopic(topic)
    let batch: OutgoingRecord[] = []
    for (const record of records) {
      batch.push(record)
      if (batch.length < appendRecords) continue
      await topics.append(topic, batch, 1)
      batch = []
    }
    if (batch.length > 0) await topics.append(topic, batch, 1)
  } finally {
    await topics.close()
  }
}
