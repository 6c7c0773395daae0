/** Records that fail a job at the same place again and again: quarantined when the job asks for it, and nothing else is lost. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openTopics } from '../../runtime/compose/index.ts'
import { systemClock } from '../../runtime/time/system-clock.ts'
import { configOf, openMedallionTables, startJob } from '../support/medallion.ts'
import { queryRows } from '../support/medallion-checks.ts'
import { recordingLogger } from '../support/silent.ts'

const COUNT = 6_000

test.each([0, 2])('in %i worker processes', async (workers) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'sluice-quarantine-'))
  const topics = await openTopics(configOf(dataDir), { clock: systemClock, logger: recordingLogger() })
  await topics.ensureTopic('numbers')
  const records = Array.from({ length: COUNT }, (_, n) => ({
    key: Buffer.from(String(n % 16)),
    value: Buffer.from(JSON.stringify({ n, at: n * 1_000_000 })),
  }))
  await topics.append('numbers', records, 'all')
  await topics.close()
  const ended = await startJob(
    'test/recovery/support/quarantine-job.ts',
    dataDir,
    ['--until', 'latest', '--parallelism', '2', '--workers', String(workers)],
    { env: { RESTART_STRATEGY: 'fixed-delay', RESTART_ATTEMPTS: '1000', RESTART_DELAY: '1ms' } },
  ).ended
  expect(ended.code, ended.stderr).toBe(0)
  await using opened = await openMedallionTables(dataDir)
  const numbers = await queryRows(opened.engine, 'SELECT count(*), count(DISTINCT n) FROM test.numbers')
  expect(numbers[0]!.map(Number)).toEqual([COUNT - 2, COUNT - 2])
  const poisoned = await queryRows(
    opened.engine,
    "SELECT topic, decode(value), code, error LIKE '%can''t stand%' FROM test.poisoned ORDER BY 2",
  )
  expect(poisoned.map((row) => [row[0], JSON.parse(String(row[1])).n, row[2], row[3]])).toEqual([
    ['numbers', 2500, 'OPERATOR_FAILED', true],
    ['numbers', 4100, 'OPERATOR_FAILED', true],
  ])
  rmSync(dataDir, { recursive: true })
})
