/** What zombies are made of: a job, its data as it was before, and how to see that everything was written once. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { openTopics } from '../../../runtime/compose/index.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { readAll } from '../../connectors/log/setup.ts'
import { CheckpointWatch } from '../../support/checkpoint-watch.ts'
import { configOf, startMedallion, statusOf } from '../../support/medallion.ts'
import { outcomeOf, violations } from '../../support/medallion-checks.ts'
import { medallionTemplate } from '../../support/medallion-template.ts'
import { until } from '../../support/run-process.ts'
import { recordingLogger } from '../../support/silent.ts'

export interface Scene extends Disposable {
  readonly job: string
  /** Path of the job module. */
  readonly file: string
  readonly dataDir: string
  readonly env: Readonly<Record<string, string>>
  /** Only what was published. */
  reset(): void
  /** That, and a savepoint from the middle of the input; its path. */
  resetToSavepoint(): string
  /** @throws when a record is missing or there twice */
  check(): Promise<void>
}

const EVENTS = 3_000

/** Records of a reader from one checkpoint to the next. */
export const PACED = { SLUICE_TEST_ROWS_PER_CHECKPOINT: '150' }

/** The medallion job, over a small shop. */
export async function medallionScene(seed: number): Promise<Scene> {
  const template = await medallionTemplate({ events: EVENTS, seed })
  const { dataDir, expected } = template
  template.resetToPublished()
  const savepoint = await takeSavepoint(dataDir)
  const resetToSavepoint = template.keep()
  return {
    job: 'medallion',
    file: 'jobs/medallion/job.ts',
    dataDir,
    env: {},
    reset: () => template.resetToPublished(),
    resetToSavepoint() {
      resetToSavepoint()
      return savepoint
    },
    async check() {
      expect(await outcomeOf(dataDir)).toEqual(expected)
      expect(await violations(dataDir)).toEqual([])
    },
    [Symbol.dispose]: () => template[Symbol.dispose](),
  }
}

async function takeSavepoint(dataDir: string): Promise<string> {
  const job = startMedallion(dataDir, [], { env: PACED })
  const checkpoints = new CheckpointWatch(join(dataDir, 'checkpoints/medallion'))
  await until('a checkpoint', async () => (await checkpoints.lastId()) > 0n)
  job.kill('SIGINT')
  return fileURLToPath(statusOf(await job.ended).lastCheckpoint.location)
}

/** A job that copies one topic of the log into another. */
export async function copyScene(): Promise<Scene> {
  const numbers = Array.from({ length: EVENTS }, (_, n) => String(n))
  const directory = mkdtempSync(join(tmpdir(), 'sluice-copies-'))
  const [dataDir, published] = [join(directory, 'data'), join(directory, 'published')]
  const context = { clock: systemClock, logger: recordingLogger() }
  const topics = await openTopics(configOf(published), context)
  await topics.ensureTopic('numbers')
  const records = numbers.map((n) => ({ key: null, value: Buffer.from(`{"n":${n}}`), partition: Number(n) % 4 }))
  await topics.append('numbers', records, 'all')
  await topics.close()
  return {
    job: 'copies',
    file: 'test/recovery/zombies/copy-job.ts',
    dataDir,
    env: { SLUICE_TEST_LOG: join(dataDir, 'log.db') },
    reset() {
      rmSync(dataDir, { recursive: true, force: true })
      cpSync(published, dataDir, { recursive: true })
    },
    resetToSavepoint: () => {
      throw new Error('a topic cannot be taken back')
    },
    async check() {
      const system = await openTopics(configOf(dataDir), context)
      const copies = await readAll(system.source('copies'), systemClock)
      await system.close()
      const values = copies.map(({ value }) => Number(new TextDecoder().decode(value!)))
      expect(values.sort((a, b) => a - b)).toEqual(numbers.map(Number))
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  }
}
