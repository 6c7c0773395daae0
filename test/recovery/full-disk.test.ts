/** A disk that becomes full on the way: a clear error, nothing lost, and on it goes once there is space again. */
import { readdirSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { errorOf, runMedallion } from '../support/medallion.ts'
import { outcomeOf, violations } from '../support/medallion-checks.ts'
import { medallionTemplate } from '../support/medallion-template.ts'
import { FIXED_SEED } from '../support/scale.ts'

const template = await medallionTemplate({ events: 4_000, seed: FIXED_SEED })
const { dataDir, expected } = template
afterAll(() => template[Symbol.dispose]())

test.each([0, 30_000, 150_000, 400_000])('%i bytes of space in each thread', async (bytes) => {
  template.resetToPublished()
  const full = await runMedallion(dataDir, undefined, {
    imports: ['test/support/medallion-paced-source.ts', 'test/recovery/support/full-disk.ts'],
    env: { SLUICE_TEST_DISK_BYTES: String(bytes) },
  })
  expect(full.code, full.stderr).toBe(1)
  expect(errorOf(full)).toMatchObject({
    code: 'DISK_FULL',
    message: expect.stringMatching(/cannot (write|create) file:\/\/\/.*: the disk is full/),
    fix: expect.stringContaining('Free space'),
  })
  const run = await runMedallion(dataDir)
  expect(run.code, run.stderr).toBe(0)
  expect(await outcomeOf(dataDir)).toEqual(expected)
  expect(await violations(dataDir)).toEqual([])
  const leftOver = readdirSync(dataDir, { recursive: true }).filter((name) => String(name).includes('.inprogress-'))
  expect(leftOver).toEqual([])
})
