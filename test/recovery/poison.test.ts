/** A user's function that throws: the job fails saying where and on what, and once mended goes on without a loss. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openTopics } from '../../runtime/compose/index.ts'
import { systemClock } from '../../runtime/time/system-clock.ts'
import { configOf, errorOf, openMedallionTables, startJob } from '../support/medallion.ts'
import { queryRows } from '../support/medallion-checks.ts'
import { recordingLogger } from '../support/silent.ts'

const JOB = 'test/recovery/support/poison-job.ts'
const COUNT = 6_000

test.each([
  ['before', 'map-1'],
  ['behind', 'filter-1'],
])('%s an exchange', async (place, uid) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'sluice-poison-'))
  await publishNumbers(dataDir)
  const failed = await startJob(JOB, dataDir, undefined, { env: { SLUICE_TEST_POISON: place } }).ended
  expect(failed.code, failed.stderr).toBe(1)
  expect(errorOf(failed)).toMatchObject({
    code: 'OPERATOR_FAILED',
    message: expect.stringContaining(`${place} can't stand 2500`),
    fix: expect.any(String),
    details: { uid, value: expect.stringMatching(/n: 2500\b/) },
  })
  const mended = await startJob(JOB, dataDir).ended
  expect(mended.code, mended.stderr).toBe(0)
  await using opened = await openMedallionTables(dataDir)
  const rows = await queryRows(opened.engine, 'SELECT count(*), count(DISTINCT n), min(n), max(n) FROM test.numbers')
  expect(rows[0]!.map(Number)).toEqual([COUNT, COUNT, 0, COUNT - 1])
  rmSync(dataDir, { recursive: true })
})

async function publishNumbers(dataDir: string): Promise<void> {
  const topics = await openTopics(configOf(dataDir), { clock: systemClock, logger: recordingLogger() })
  await topics.ensureTopic('numbers')
  const records = Array.from({ length: COUNT }, (_, n) => ({
    key: Buffer.from(String(n % 16)),
    value: Buffer.from(JSON.stringify({ n, at: n * 1_000_000 })),
  }))
  await topics.append('numbers', records, 'all')
  await topics.close()
}
