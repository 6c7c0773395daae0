/** A user's function that throws: the job fails saying where and on what, and once mended goes on without a loss. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openTopics } from '../../runtime/compose/index.ts'
import { systemClock } from '../../runtime/time/system-clock.ts'
import type { RecordMetadata } from '../../topology/contract/topic.ts'
import { configOf, errorOf, openMedallionTables, startJob } from '../support/medallion.ts'
import { queryRows } from '../support/medallion-checks.ts'
import { recordingLogger } from '../support/silent.ts'

const JOB = 'test/recovery/support/poison-job.ts'
const COUNT = 6_000
const POISON = 2_500
const TO_THE_END = ['--until', 'latest', '--drain']

const PLACES = [
  { place: 'before', uid: 'map-1' },
  { place: 'behind', uid: 'filter-1' },
]

let dataDir: string
/** Where the record is that no function can stand. */
let poison: RecordMetadata

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'sluice-poison-'))
  poison = (await publishNumbers(dataDir))[POISON]!
})
afterEach(() => rmSync(dataDir, { recursive: true }))

describe.each(PLACES)('$place an exchange', ({ place, uid }) => {
  test('fails the job at once when it does not restart', async () => {
    const failed = await startJob(JOB, dataDir, undefined, { env: { SLUICE_TEST_POISON: place } }).ended
    expect(failed.code, failed.stderr).toBe(1)
    expect(errorOf(failed)).toMatchObject({
      code: 'OPERATOR_FAILED',
      message: expect.stringContaining(`${place} can't stand ${POISON}`),
      fix: expect.any(String),
      details: { uid, value: expect.stringMatching(/n: 2500\b/) },
    })
    await mended()
  })

  test.each([0, 2])('is named after three failures at the same place, with %i worker processes', async (workers) => {
    const args = [...TO_THE_END, '--parallelism', '2', '--workers', String(workers)]
    // Of a failure that did not know its record yet, a checkpoint behind it tells that the job got past: none meanwhile.
    const never = { CHECKPOINT_INTERVAL: '1h' }
    const env = { SLUICE_TEST_POISON: place, RESTART_STRATEGY: 'fixed-delay', RESTART_DELAY: '1ms', ...never }
    const failed = await startJob(JOB, dataDir, args, { env }).ended
    expect(failed.code, failed.stderr).toBe(1)
    const { topic, partition, offset } = poison
    expect(errorOf(failed)).toMatchObject({
      code: 'POISON_RECORD',
      message: expect.stringContaining(`${topic}[${partition}]@${offset} has failed the job 3 times`),
      fix: expect.stringContaining('quarantine'),
      details: {
        topic,
        partition,
        offset: String(offset),
        failures: 3,
        uid,
        value: expect.stringMatching(/n: 2500\b/),
      },
    })
    expect(failed.stderr.match(/"event":"job-restarting"/g)).toHaveLength(2)
  })
})

/** Run without the fault, the job goes on and has everything once. */
async function mended(): Promise<void> {
  const run = await startJob(JOB, dataDir).ended
  expect(run.code, run.stderr).toBe(0)
  await using opened = await openMedallionTables(dataDir)
  const rows = await queryRows(opened.engine, 'SELECT count(*), count(DISTINCT n), min(n), max(n) FROM test.numbers')
  expect(rows[0]!.map(Number)).toEqual([COUNT, COUNT, 0, COUNT - 1])
}

async function publishNumbers(dataDir: string): Promise<readonly RecordMetadata[]> {
  const topics = await openTopics(configOf(dataDir), { clock: systemClock, logger: recordingLogger() })
  await topics.ensureTopic('numbers')
  const records = Array.from({ length: COUNT }, (_, n) => ({
    key: Buffer.from(String(n % 16)),
    value: Buffer.from(JSON.stringify({ n, at: n * 1_000_000 })),
  }))
  const metadata = await topics.append('numbers', records, 'all')
  await topics.close()
  return metadata
}
