/** The medallion job with its checkpoints on a real S3-compatible server, killed on the way: the tables of an undisturbed run. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runMedallion, statusOf } from '../../support/medallion.ts'
import { outcomeOf, violations } from '../../support/medallion-checks.ts'
import { type MedallionTemplate, medallionTemplate } from '../../support/medallion-template.ts'
import { FRESH_SEED } from '../../support/scale.ts'
import { type Minio, startMinio } from './minio.ts'

let minio: Minio
let template: MedallionTemplate

beforeAll(async () => {
  minio = await startMinio('checkpoints')
  template = await medallionTemplate({ events: 9_000, seed: FRESH_SEED })
})
afterAll(async () => {
  template?.[Symbol.dispose]()
  await minio?.[Symbol.asyncDispose]()
})

it.each([
  ['before its manifest is there', ['checkpoint.before-manifest:2']],
  ['when the manifest is there and no table knows', ['checkpoint.after-manifest:3']],
  ['while old checkpoints go, and again while it restores', ['checkpoint.after-retention:2', 'restore.after-epoch']],
])(`goes on after a kill %s (shop of seed ${FRESH_SEED})`, async (name, faults) => {
  template.resetToPublished()
  const { dataDir, expected } = template
  const env = { ...minio.env, CHECKPOINT_DIR: `s3://checkpoints/${name.replaceAll(' ', '-')}` }
  for (const SLUICE_FAULT of faults) {
    const { signal, stderr } = await runMedallion(dataDir, undefined, { env: { ...env, SLUICE_FAULT } })
    expect(signal, stderr).toBe('SIGKILL')
  }
  const finished = await runMedallion(dataDir, undefined, { env })
  expect(finished.code, finished.stderr).toBe(0)
  const status = statusOf(finished)
  expect(status.restoredFrom).toContain(env.CHECKPOINT_DIR)
  expect(status.lastCheckpoint.location).toContain(`${env.CHECKPOINT_DIR}/medallion/manifests/`)
  expect(await outcomeOf(dataDir)).toEqual(expected)
  expect(await violations(dataDir, env)).toEqual([])
})
