/** A published shop to run the medallion job on, as often as a test likes. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publishDays, runMedallion, type ShopRun } from './medallion.ts'
import { type Outcome, outcomeOf, revenueOracle } from './medallion-checks.ts'

export interface MedallionTemplate extends Disposable {
  /** The one data directory: tables name their files by absolute paths, so a copy elsewhere would be none. */
  readonly dataDir: string
  /** What every run must leave: the tables of the undisturbed run, and the revenue that the oracle knows. */
  readonly expected: Outcome
  /** How long the undisturbed run took. */
  readonly durationMs: number
  /** The data directory as it was with what was published, and nothing else. */
  resetToPublished(): void
  /** The data directory as the undisturbed run left it. */
  resetToUndisturbed(): void
  /** Keeps the data directory as it is now; the returned function brings it back. */
  keep(): () => void
}

/** @param env for the undisturbed run */
export async function medallionTemplate(
  shop: ShopRun,
  env: Readonly<Record<string, string>> = {},
): Promise<MedallionTemplate> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-medallion-'))
  const dataDir = join(directory, 'data')
  let kept = 0
  const keep = () => {
    const copy = join(directory, `kept-${kept++}`)
    cpSync(dataDir, copy, { recursive: true })
    return () => {
      rmSync(dataDir, { recursive: true })
      cpSync(copy, dataDir, { recursive: true })
    }
  }
  await publishDays(dataDir, shop)
  const resetToPublished = keep()
  const reference = await runMedallion(dataDir, undefined, { env })
  if (reference.code !== 0) throw new Error(`the undisturbed run failed: ${reference.stderr}`)
  return {
    dataDir,
    expected: { ...(await outcomeOf(dataDir)), revenue: await revenueOracle(dataDir) },
    durationMs: reference.durationMs,
    resetToPublished,
    resetToUndisturbed: keep(),
    keep,
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  }
}
