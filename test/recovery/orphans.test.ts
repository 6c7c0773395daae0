/** A worker whose coordinator is killed ends, also when a function of the job never returns. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openTopics } from '../../runtime/compose/index.ts'
import { systemClock } from '../../runtime/time/system-clock.ts'
import { configOf, startJob } from '../support/medallion.ts'
import { isAlive } from '../support/process-state.ts'
import { until } from '../support/run-process.ts'
import { recordingLogger } from '../support/silent.ts'

test('a worker that hangs is ended when its coordinator is gone', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'sluice-orphan-'))
  try {
    const topics = await openTopics(configOf(dataDir), { clock: systemClock, logger: recordingLogger() })
    await topics.ensureTopic('numbers')
    await topics.append('numbers', [{ key: null, value: Buffer.from('{"n":1}') }], 'all')
    await topics.close()
    const hangs = join(dataDir, 'hangs')
    const job = startJob('test/recovery/support/hanging-job.ts', dataDir, ['--workers', '1'], {
      env: { SLUICE_TEST_HANGS: hangs },
    })
    await until('the worker to hang', () => existsSync(hangs))
    const worker = Number(readFileSync(hangs, 'utf8'))
    expect(worker).not.toBe(job.pid)
    // It has had the time to connect its heartbeats.
    await until('the worker to be alive', () => isAlive(worker))
    job.kill('SIGKILL')
    await until('the worker to end', () => !isAlive(worker), 20_000)
    await job.ended
  } finally {
    rmSync(dataDir, { recursive: true })
  }
})
