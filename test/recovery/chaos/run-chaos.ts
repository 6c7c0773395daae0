/** From a published shop to tables, through kills: and the report of them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { runMedallion } from '../../support/medallion.ts'
import type { Outcome } from '../../support/medallion-checks.ts'
import { medallionTemplate } from '../../support/medallion-template.ts'
import { KILLS, killPlan } from './kill-plan.ts'
import { printKill, printTotals, totalsOf } from './kill-report.ts'
import { KilledMedallion, PARALLELISM, WORKERS } from './killed-medallion.ts'

/** Enough for the job to be reading still when the last kill comes. */
const EVENTS_PER_KILL = 1_000

export interface Chaos extends Disposable {
  readonly dataDir: string
  /** What an undisturbed run, at parallelism 1 in one process, has left; revenue as the oracle knows it. */
  readonly expected: Outcome
}

export async function runChaos(kills: number, seed: number): Promise<Chaos> {
  const events = 4_000 + kills * EVENTS_PER_KILL
  const template = await medallionTemplate({ events, seed })
  const scratch = mkdtempSync(join(tmpdir(), 'sluice-chaos-'))
  const { dataDir, expected } = template
  template.resetToPublished()
  const job = new KilledMedallion({
    dataDir,
    scratch,
    kills: killPlan(kills, seed),
    onKill: (record) => console.log(printKill(record)),
  })
  try {
    const totals = totalsOf(await job.run())
    console.log(printTotals(totals))
    if (kills === KILLS) {
      expect(totals.withRecordsInFlight).toBeGreaterThanOrEqual(150)
      expect(totals.withNewCheckpoint).toBeGreaterThanOrEqual(100)
      expect(totals.leastAtFaultPoint).toBeGreaterThanOrEqual(2)
    }
    await job.stop()
  } finally {
    await job.end()
    rmSync(scratch, { recursive: true })
  }
  // Unpaced to the end of the input.
  const last = await runMedallion(dataDir, [
    '--until',
    'latest',
    '--drain',
    '--parallelism',
    String(PARALLELISM),
    '--workers',
    String(WORKERS),
  ])
  expect(last.code, last.stderr).toBe(0)
  return { dataDir, expected, [Symbol.dispose]: () => template[Symbol.dispose]() }
}
