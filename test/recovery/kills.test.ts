/**
 * The medallion job, killed and started again until it is done, leaves the tables of an undisturbed run.
 *
 * `npm test` takes a few of the scenarios, `npm run test:deep recovery` all.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ROWS_PER_CHECKPOINT, runMedallion } from '../support/medallion.ts'
import { lastCheckpoint, outcomeOf, tableCounts, violations } from '../support/medallion-checks.ts'
import { medallionTemplate } from '../support/medallion-template.ts'
import { FRESH_SEED, SCALE } from '../support/scale.ts'
import { chosenScenarios, type Kill, MEDALLION_FAULT_POINTS } from './kill-scenarios.ts'

const EVENTS = SCALE === 'quick' ? 9_000 : 20_000
const ROWS_PER_BATCH = 100
const scratch = mkdtempSync(join(tmpdir(), 'sluice-trace-'))
const traceFile = join(scratch, 'trace')
const template = await medallionTemplate({ events: EVENTS, seed: FRESH_SEED }, { SLUICE_FAULT_TRACE: traceFile })
afterAll(() => {
  template[Symbol.dispose]()
  rmSync(scratch, { recursive: true })
})
const { dataDir, expected, durationMs } = template
const { checkpointId } = await lastCheckpoint(dataDir)
const counts = await tableCounts(dataDir)
const scenarios = chosenScenarios({
  checkpoints: Number(checkpointId),
  commits: counts.snapshots,
  files: counts.files,
  batches: EVENTS / ROWS_PER_BATCH,
})

describe(`the undisturbed run (shop of seed ${FRESH_SEED})`, () => {
  test('passes every fault point, and takes checkpoints all along', () => {
    expect(readFileSync(traceFile, 'utf8').trim().split('\n').sort()).toEqual([...MEDALLION_FAULT_POINTS].sort())
    expect(Number(checkpointId)).toBeGreaterThanOrEqual(EVENTS / ROWS_PER_CHECKPOINT)
  })

  test('leaves what the oracle says', async () => {
    expect((await outcomeOf(dataDir)).revenue).toEqual(expected.revenue)
    expect(await violations(dataDir)).toEqual([])
  })
})

describe(`killed, of ${EVENTS} events of seed ${FRESH_SEED},`, () => {
  test.for(scenarios)('$name', async ({ kills }) => {
    template.resetToPublished()
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
  })
})

function killing(kill: Kill) {
  return 'fault' in kill ? { env: { SLUICE_FAULT: kill.fault } } : { killAfterMs: kill.atShare * durationMs }
}
