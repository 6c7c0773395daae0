/** The medallion job with its stages as topics, killed at their commits: they hold what the tables hold. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BronzeEvent, SilverEvent } from '../../../jobs/medallion/tables.ts'
import { openTopics } from '../../../runtime/compose/index.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import type { TopicDescription } from '../../../topology/contract/topic.ts'
import { jsonDeserializer } from '../../../topology/schema/index.ts'
import { readAll, text } from '../../connectors/log/setup.ts'
import { configOf, openMedallionTables, publishDays, startJob } from '../../support/medallion.ts'
import { queryRows } from '../../support/medallion-checks.ts'
import { FRESH_SEED } from '../../support/scale.ts'
import { recordingLogger } from '../../support/silent.ts'

let dataDir: string

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'sluice-stages-'))
  await publishDays(dataDir, { events: 6_000, seed: FRESH_SEED })
  for (const fault of ['log.after-commit:2', 'log.before-commit:3', undefined]) {
    const { code, signal, stderr } = await startJob('jobs/medallion/job-with-topics.ts', dataDir, undefined, {
      env: fault === undefined ? {} : { SLUICE_FAULT: fault },
    }).ended
    if (fault === undefined) expect(code, stderr).toBe(0)
    else expect({ signal, stderr }, `${fault} was not reached`).toMatchObject({ signal: 'SIGKILL' })
  }
})
afterAll(() => rmSync(dataDir, { recursive: true }))

test.each([
  { name: 'bronze-events', schema: BronzeEvent, table: 'bronze.events' },
  { name: 'silver-events', schema: SilverEvent, table: 'silver.events' },
])(`$name has the rows of $table (shop of seed ${FRESH_SEED})`, async ({ name, schema, table }) => {
  await using opened = await openMedallionTables(dataDir)
  const columns = 'source_partition, source_offset, record_hash, event_id, user_id'
  const rows = await queryRows(opened.engine, `SELECT ${columns} FROM ${table}`)
  const { records } = await readTopic(name)
  const { decode } = jsonDeserializer(schema)
  const published = records.map(({ key, value }) => {
    const row = decode(value)
    if (!row.ok) throw new Error(row.reason)
    const { source_partition, source_offset, record_hash, event_id, user_id } = row.value
    expect(key === null ? null : text(key)).toBe(user_id)
    return JSON.stringify([source_partition, String(source_offset), record_hash, event_id, user_id])
  })
  expect(published.sort()).toEqual(rows.map((row) => JSON.stringify(row)).sort())
})

test('each keeps its records for a time of its own', async () => {
  const kept = await Promise.all(['raw-events', 'bronze-events', 'silver-events'].map(readTopic))
  const days = kept.map(({ description }) => description.retentionMs! / 86_400_000)
  expect(days).toEqual([7, 90, 365])
})

async function readTopic(name: string) {
  const topics = await openTopics(configOf(dataDir), { clock: systemClock, logger: recordingLogger() })
  try {
    const [description] = await topics.describeTopics([name])
    return { records: await readAll(topics.source(name), systemClock), description: description as TopicDescription }
  } finally {
    await topics.close()
  }
}
