/** `--from-savepoint` of an older savepoint: refused while tables hold more, taken back with --allow-rewind. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorOf, runMedallion, startMedallion, statusOf } from '../support/medallion.ts'
import { outcomeOf, violations } from '../support/medallion-checks.ts'
import { medallionTemplate } from '../support/medallion-template.ts'
import { until } from '../support/run-process.ts'
import { FIXED_SEED } from '../support/scale.ts'

const DRAINED = ['--until', 'latest', '--drain']
const template = await medallionTemplate({ events: 4_000, seed: FIXED_SEED })
const { dataDir, expected } = template
const manifests = join(dataDir, 'checkpoints/medallion/manifests')
afterAll(() => template[Symbol.dispose]())

/** A savepoint from the middle of the input, and a run to its end behind it. */
let resetToFinished: () => void
let savepoint: string

beforeAll(async () => {
  template.resetToPublished()
  const first = startMedallion(dataDir, [])
  await until('a checkpoint', () => existsSync(join(manifests, '1-1.manifest')))
  first.kill('SIGINT')
  savepoint = statusOf(await first.ended).lastCheckpoint.location
  const { code, stderr } = await runMedallion(dataDir)
  if (code !== 0) throw new Error(stderr)
  resetToFinished = template.keep()
})

const fromSavepoint = () => [...DRAINED, '--from-savepoint', fileURLToPath(savepoint)]

test('is refused without --allow-rewind, and changes nothing', async () => {
  resetToFinished()
  const refused = await runMedallion(dataDir, fromSavepoint())
  expect(refused.code).toBe(1)
  expect(errorOf(refused)).toMatchObject({ code: 'REWIND_REFUSED', fix: expect.stringContaining('--allow-rewind') })
  expect(await outcomeOf(dataDir)).toEqual(expected)
  const next = await runMedallion(dataDir)
  expect(next.code, next.stderr).toBe(0)
  expect(await outcomeOf(dataDir)).toEqual(expected)
})

test('with --allow-rewind takes the tables back and does the rest again', async () => {
  resetToFinished()
  const run = await runMedallion(dataDir, [...fromSavepoint(), '--allow-rewind'])
  expect(run.code, run.stderr).toBe(0)
  expect(statusOf(run).restoredFrom).toBe(savepoint)
  expect(await outcomeOf(dataDir)).toEqual(expected)
  expect(await violations(dataDir)).toEqual([])
})

test('killed behind the rewind, the next run goes on from the savepoint by itself', async () => {
  resetToFinished()
  const killed = await runMedallion(dataDir, [...fromSavepoint(), '--allow-rewind'], {
    env: { SLUICE_FAULT: 'source.after-poll' },
  })
  expect(killed.signal).toBe('SIGKILL')
  const run = await runMedallion(dataDir)
  expect(run.code, run.stderr).toBe(0)
  expect(statusOf(run).restoredFrom).toBe(savepoint)
  expect(await outcomeOf(dataDir)).toEqual(expected)
  expect(await violations(dataDir)).toEqual([])
})

describe.each(['iceberg.after-catalog-cas:2', 'restore.after-fence'])(
  'killed at %s, in the middle of the rewind,',
  (fault) => {
    const command = () => [...fromSavepoint(), '--allow-rewind']

    test.each([
      ['the same command ends it', command],
      ['a run without it goes on from where the job was: so far, tables are only fenced', () => undefined],
    ])('%s', async (_way, args) => {
      resetToFinished()
      const killed = await runMedallion(dataDir, command(), { env: { SLUICE_FAULT: fault } })
      expect(killed.signal).toBe('SIGKILL')
      const run = await runMedallion(dataDir, args())
      expect(run.code, run.stderr).toBe(0)
      expect(await outcomeOf(dataDir)).toEqual(expected)
      expect(await violations(dataDir)).toEqual([])
    })
  },
)

test('a savepoint that is not there is named', async () => {
  resetToFinished()
  const run = await runMedallion(dataDir, ['--from-savepoint', join(dataDir, 'no-such.manifest')])
  expect(run.code).toBe(1)
  expect(errorOf(run)).toMatchObject({ code: 'FILE_NOT_FOUND', message: expect.stringContaining('no-such.manifest') })
})
