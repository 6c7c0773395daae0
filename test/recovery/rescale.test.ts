/**
 * Every job in jobs/: run whole at parallelism 1, it leaves the same tables as when it is run at parallelism 1, killed
 * during a checkpoint, run at 2 on two workers, killed again, and ended at 3.
 */
import { cpSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Manifest } from '../../runtime/checkpoint/manifest.ts'
import type { Topology } from '../../topology/topology.ts'
import { type GoldenInput, goldAndLate, goldenTables } from '../support/golden.ts'
import { startJob } from '../support/medallion.ts'
import { lastCheckpoint } from '../support/medallion-checks.ts'
import { ROOT } from '../support/run-process.ts'
import { FRESH_SEED, SCALE } from '../support/scale.ts'

/** Each reader hands out so many rows from one checkpoint to the next: input is left when the run is killed. */
const PACE = { SLUICE_TEST_ROWS_PER_CHECKPOINT: '200' }
const TO_THE_END = ['--until', 'latest', '--drain']
/** While the third checkpoint of the run is under way. */
const KILLED = { ...PACE, SLUICE_FAULT: 'checkpoint.after-barrier:3' }

const directory = mkdtempSync(join(tmpdir(), 'sluice-rescale-'))
afterAll(() => rmSync(directory, { recursive: true }))

const names = globSync('jobs/*/job.ts', { cwd: ROOT }).map((file) => basename(dirname(file)))

test('there are jobs, and each has its golden input', () => {
  expect(names).toEqual(expect.arrayContaining(['medallion', 'net-sales', 'web-access']))
  expect(names.filter((name) => !existsSync(goldenFile(name)))).toEqual([])
})

function goldenFile(name: string): string {
  return join(ROOT, 'test/jobs', name, 'golden.ts')
}

/** At the quick scale one of them, another in every run. */
const chosen = SCALE === 'quick' ? [names[FRESH_SEED % names.length]!] : names

describe.each(chosen)('%s', async (name) => {
  const file = `jobs/${name}/job.ts`
  const { default: job } = (await import(join(ROOT, file))) as { default: Topology }
  const { default: input } = (await import(goldenFile(name))) as { default: GoldenInput }

  async function run(dataDir: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    return startJob(file, dataDir, args, { env }).ended
  }

  /** Data directories of the same input: one of a whole run, one of a run that was killed and rescaled. */
  async function bothRuns(late: boolean) {
    const [published, whole, rescaled] = ['published', 'whole', 'rescaled'].map((each) =>
      join(directory, `${name}-${late ? 'late' : 'on-time'}-${each}`),
    ) as [string, string, string]
    await input.publish(published, late)
    for (const copy of [whole, rescaled]) cpSync(published, copy, { recursive: true })
    const undisturbed = await run(whole, [...TO_THE_END, '--parallelism', '1'])
    expect(undisturbed.code, undisturbed.stderr).toBe(0)

    let before = 0n
    for (const [parallelism, workers] of [
      [1, 1],
      [2, 2],
    ]) {
      const args = ['--parallelism', String(parallelism), '--workers', String(workers)]
      const killed = await run(rescaled, args, KILLED)
      expect(killed.signal, killed.stderr).toBe('SIGKILL')
      const last = await lastCheckpoint(rescaled, {}, name)
      expect(last.checkpointId).toBe(before + 2n)
      expect(positions(last)).not.toEqual(positions(await lastCheckpoint(whole, {}, name)))
      before = last.checkpointId
    }
    const ended = await run(rescaled, [...TO_THE_END, '--parallelism', '3', '--workers', '2'])
    expect(ended.code, ended.stderr).toBe(0)
    expect(positions(await lastCheckpoint(rescaled, {}, name))).toEqual(
      positions(await lastCheckpoint(whole, {}, name)),
    )
    return { whole, rescaled }
  }

  test('leaves the tables of a whole run', async () => {
    const { whole, rescaled } = await bothRuns(false)
    const golden = await goldenTables(job, whole)
    for (const [table, rows] of Object.entries(golden)) {
      const isOnlyForLate = table.includes('late')
      expect(rows.length > 0, `${table} has rows`).toBe(!isOnlyForLate)
    }
    expect(await goldenTables(job, rescaled)).toEqual(golden)
  })

  if (input.goldAndLate === undefined) return
  test('has all that was late, in time or in late', async () => {
    const { whole, rescaled } = await bothRuns(true)
    const golden = await goldAndLate(input.goldAndLate!, whole)
    expect(golden.length).toBeGreaterThan(0)
    expect(await goldAndLate(input.goldAndLate!, rescaled)).toEqual(golden)
  })
})

/** How far each split has been read. */
function positions({ sources }: Manifest) {
  return Object.entries(sources)
    .flatMap(([uid, splits]) => splits.map(({ id, position }) => `${uid} ${id}: ${position}`))
    .sort()
}
