/**
 * The medallion job with its state on disk: killed during a checkpoint, restored and rescaled twice, it leaves the tables of
 * an undisturbed run, whichever backend wrote the checkpoint that it goes on from.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { runMedallion } from '../support/medallion.ts'
import { lastCheckpoint, outcomeOf, violations } from '../support/medallion-checks.ts'
import { medallionTemplate } from '../support/medallion-template.ts'
import { FRESH_SEED, SCALE } from '../support/scale.ts'

const EVENTS = SCALE === 'quick' ? 9_000 : 20_000
/** While the third checkpoint of the run is under way. */
const KILLED = { SLUICE_FAULT: 'checkpoint.after-barrier:3' }

const template = await medallionTemplate({ events: EVENTS, seed: FRESH_SEED })
afterAll(() => template[Symbol.dispose]())
const { dataDir, expected } = template

/** The backends of the three attempts. */
const BACKENDS = [
  ['disk', 'disk', 'disk'],
  ['heap', 'disk', 'heap'],
  ['disk', 'heap', 'disk'],
] as const
const chosen = SCALE === 'quick' ? [BACKENDS[FRESH_SEED % BACKENDS.length]!] : BACKENDS

test.each(chosen)(`state on %s, killed, on %s, killed, and on %s (seed ${FRESH_SEED})`, async (...backends) => {
  template.resetToPublished()
  for (const [index, backend] of backends.entries()) {
    const parallelism = index + 1
    const isLast = parallelism === backends.length
    const shape = ['--parallelism', String(parallelism), '--workers', String(Math.min(parallelism, 2))]
    const { code, signal, stderr } = await runMedallion(
      dataDir,
      [...shape, ...(isLast ? ['--until', 'latest', '--drain'] : [])],
      // A megabyte of cache, so that state has to come back from the disk.
      { env: { STATE_BACKEND: backend, STATE_CACHE_MIB: '1', ...(!isLast && KILLED) } },
    )
    if (isLast) expect(code, stderr).toBe(0)
    else expect(signal, stderr).toBe('SIGKILL')
    if (!isLast) expect((await lastCheckpoint(dataDir)).keyed.length).toBeGreaterThan(0)
  }
  expect(await outcomeOf(dataDir)).toEqual(expected)
  expect(await violations(dataDir)).toEqual([])
  expect(readdirSync(join(dataDir, 'state'))).toEqual([])
})
