/**
 * The medallion job, killed and started again until it is done, leaves the tables of an undisturbed run.
 *
 * `npm test` takes a few of the scenarios, `npm run test:deep recovery` all.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { publishDays, ROWS_PER_CHECKPOINT, runMedallion } from '../support/medallion.ts'
import { lastCheckpoint, outcomeOf, revenueOracle, tableCounts, violations } from '../support/medallion-checks.ts'
import { FRESH_SEED, SCALE } from '../support/scale.ts'
import { chosenScenarios, type Kill, MEDALLION_FAULT_POINTS } from './kill-scenarios.ts'

const EVENTS = SCALE === 'quick' ? 9_000 : 20_000
const ROWS_PER_BATCH = 100
const directory = mkdtempSync(join(tmpdir(), 'sluice-kills-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const template = join(directory, 'published')
await publishDays(template, { events: EVENTS, seed: FRESH_SEED })
const undisturbed = join(directory, 'undisturbed')
cpSync(template, undisturbed, { recursive: true })
const traceFile = join(directory, 'trace')
const reference = await runMedallion(undisturbed, undefined, { env: { SLUICE_FAULT_TRACE: traceFile } })
const expected = { ...(await outcomeOf(undisturbed)), revenue: await revenueOracle(template) }
const { checkpointId } = await lastCheckpoint(undisturbed)
const counts = await tableCounts(undisturbed)
const scenarios = chosenScenarios({
  checkpoints: Number(checkpointId),
  commits: counts.snapshots,
  files: counts.files,
  batches: EVENTS / ROWS_PER_BATCH,
})

describe(`the undisturbed run (shop of seed ${FRESH_SEED})`, () => {
  test('ends well, passes every fault point, and takes checkpoints all along', () => {
    expect(reference).toMatchObject({ code: 0 })
    expect(readFileSync(traceFile, 'utf8').trim().split('\n').sort()).toEqual([...MEDALLION_FAULT_POINTS].sort())
    expect(Number(checkpointId)).toBeGreaterThanOrEqual(EVENTS / ROWS_PER_CHECKPOINT)
  })

  test('leaves what the oracle says', async () => {
    expect((await outcomeOf(undisturbed)).revenue).toEqual(expected.revenue)
    expect(await violations(undisturbed)).toEqual([])
  })
})

describe(`killed, of ${EVENTS} events of seed ${FRESH_SEED},`, () => {
  test.for(scenarios.map((scenario, index) => ({ ...scenario, index })))('$name', async ({ kills, index }) => {
    const dataDir = join(directory, `run-${index}`)
    cpSync(template, dataDir, { recursive: true })
    for (const kill of kills) {
      const { code, signal, stderr } = await runMedallion(dataDir, undefined, killing(kill))
      // Who dies at a random moment may have been done before it.
      if ('fault' in kill)
        expect({ signal, stderr }, 'the fault point was not reached').toMatchObject({ signal: 'SIGKILL' })
      else expect(signal === 'SIGKILL' || code === 0, stderr).toBe(true)
    }
    const { code, stderr } = await runMedallion(dataDir)
    expect(code, stderr).toBe(0)
    expect(await outcomeOf(dataDir)).toEqual(expected)
    expect(await violations(dataDir)).toEqual([])
    rmSync(dataDir, { recursive: true })
  })
})

function killing(kill: Kill) {
  return 'fault' in kill ? { env: { SLUICE_FAULT: kill.fault } } : { killAfterMs: kill.atShare * reference.durationMs }
}
