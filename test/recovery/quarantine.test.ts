/** Records that a job can't decode, or that fail it again and again: quarantined when it asks for them, and nothing else is lost. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openTopics } from '../../runtime/compose/index.ts'
import { systemClock } from '../../runtime/time/system-clock.ts'
import { readAll, text } from '../connectors/log/setup.ts'
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
    value: Buffer.from(n === 1000 ? 'no number' : JSON.stringify({ n, at: n * 1_000_000 })),
    headers: [{ key: 'nth', value: Buffer.from(String(n)) }],
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
  expect(numbers[0]!.map(Number)).toEqual([COUNT - 3, COUNT - 3])
  const poisoned = await queryRows(
    opened.engine,
    'SELECT decode(raw_payload), decode(headers[1].value), source_topic, uid, code, error FROM test.poisoned',
  )
  const ofN = (n: number) => JSON.stringify({ n, at: n * 1_000_000 })
  const cannotStand = (n: number) => expect.stringContaining(`can't stand ${n}`)
  expect(poisoned.toSorted()).toEqual(
    [
      [ofN(2500), '2500', 'numbers', 'map-1', 'OPERATOR_FAILED', cannotStand(2500)],
      [ofN(4100), '4100', 'numbers', 'filter-1', 'OPERATOR_FAILED', cannotStand(4100)],
      ['no number', '1000', 'numbers', 'decode-1', 'RECORD_INVALID', expect.stringContaining('is not valid: not JSON')],
    ].toSorted(),
  )
  const letters = await openTopics(configOf(dataDir), { clock: systemClock, logger: recordingLogger() })
  const inTopic = (await readAll(letters.source('numbers.dlq'), systemClock)).map(({ value }) =>
    JSON.parse(text(value)),
  )
  await letters.close()
  expect(inTopic.map((row) => [row.source_topic, row.uid, row.code]).toSorted()).toEqual([
    ['numbers', 'decode-1', 'RECORD_INVALID'],
    ['numbers', 'filter-1', 'OPERATOR_FAILED'],
    ['numbers', 'map-1', 'OPERATOR_FAILED'],
  ])
  rmSync(dataDir, { recursive: true })
})
