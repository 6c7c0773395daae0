/**
 * A sink that takes nothing stalls the source, and nothing between them grows; then everything arrives.
 *
 * `npm test` stalls it for some seconds, `npm run test:deep backpressure` for a minute.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import type { JobStatus } from '../../topology/contract/job-control.ts'
import type { JobDetail } from '../../topology/contract/job-detail.ts'
import { processUsage } from '../support/process-usage.ts'
import { until } from '../support/run-process.ts'
import { type RunningJob, submitJob } from '../support/running-job.ts'
import { SCALE } from '../support/scale.ts'
import { committedNumbers, stallFile } from './support/number-sink.ts'
import { NUMBERS_PER_SPLIT } from './support/stalling-job.ts'

const STALL_MS = SCALE === 'full' ? 60_000 : 9_000
const SAMPLE_MS = 100
/** What flat means: see the issue. */
const GROWTH = 1.05

const dataDir = mkdtempSync(join(tmpdir(), 'sluice-backpressure-'))
const sink = join(dataDir, 'sink')
afterAll(() => rmSync(dataDir, { recursive: true }))

test(`a sink that stalls for ${STALL_MS / 1000} s`, async () => {
  const job = await submitJob({
    file: 'test/recovery/support/stalling-job.ts',
    name: 'stalling',
    dataDir,
    parallelism: 4,
    workers: 2,
    env: {
      SLUICE_TEST_SINK: sink,
      CHECKPOINT_INTERVAL: '500ms',
      CHECKPOINT_TIMEOUT: '3s',
      CHECKPOINT_TOLERATED_FAILURES: '1000',
      RESTART_STRATEGY: 'none',
    },
  })
  onTestFinished(() => job.process.kill('SIGKILL'))
  await until('two checkpoints are complete', async () => (await checkpoints(job)).completed >= 2)

  writeFileSync(stallFile(sink), '')
  const before = await checkpoints(job)
  await until('a checkpoint has timed out', async () => (await checkpoints(job)).failed > before.failed)
  await until('the source has stopped', async () => (await job.detail()).vertices[0]!.backpressuredMsPerSecond > 990)
  const stalled = { detail: await job.detail(), checkpoints: await checkpoints(job) }

  const samples = await watchMemory(stalled.detail, job.process.pid)
  const after = { detail: await job.detail(), checkpoints: await checkpoints(job) }
  expect(recordsRead(after.detail), 'records read during the stall').toBe(recordsRead(stalled.detail))
  expect(after.checkpoints.completed, 'checkpoints complete').toBe(stalled.checkpoints.completed)
  expect(after.checkpoints.failed, 'checkpoints given up').toBeGreaterThan(stalled.checkpoints.failed + 1)
  for (const { name, middleBytes, endBytes } of samples) {
    console.log(`${name}: ${megabytes(middleBytes)} in the middle third, ${megabytes(endBytes)} in the last`)
    expect(endBytes / middleBytes, `growth of ${name}`).toBeLessThanOrEqual(GROWTH)
  }

  rmSync(stallFile(sink))
  await until(
    'checkpoints complete again',
    async () => (await checkpoints(job)).completed > stalled.checkpoints.completed,
  )
  await job.client.stop('stalling')
  const { code, stdout, stderr } = await job.process.ended
  expect(code, stderr).toBe(0)
  const { nodes } = JSON.parse(stdout) as JobStatus
  const { recordsOut: records } = nodes.find(({ uid }) => uid === 'source(numbers)')!
  expect(records).toBeGreaterThan(recordsRead(stalled.detail))
  expect(committedNumbers(sink, NUMBERS_PER_SPLIT)).toEqual({ records, lost: 0, doubled: 0 })
})

function checkpoints({ client }: RunningJob) {
  return client.checkpoints('stalling')
}

function recordsRead({ vertices }: JobDetail): number {
  return vertices[0]!.recordsIn
}

interface Memory {
  readonly name: string
  /** The most in the middle third of the stall, and in its last. */
  readonly middleBytes: number
  readonly endBytes: number
}

/** Of every process of the job, for as long as the stall is to last. */
async function watchMemory({ workerProcesses }: JobDetail, coordinator: number): Promise<readonly Memory[]> {
  const processes = [{ id: 'coordinator', pid: coordinator }, ...workerProcesses]
  const peaks = processes.map(() => [0, 0, 0])
  const startMs = performance.now()
  let nextMs = startMs
  await until(
    'the stall has lasted',
    () => {
      const nowMs = performance.now()
      if (nowMs < nextMs) return false
      nextMs += SAMPLE_MS
      const third = Math.floor((3 * (nowMs - startMs)) / STALL_MS)
      if (third > 2) return true
      for (const [index, { pid }] of processes.entries()) {
        peaks[index]![third] = Math.max(peaks[index]![third]!, processUsage(pid)!.rssBytes)
      }
      return false
    },
    2 * STALL_MS,
  )
  return processes.map(({ id }, index) => ({ name: id, middleBytes: peaks[index]![1]!, endBytes: peaks[index]![2]! }))
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
