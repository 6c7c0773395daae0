/** A damaged file of the newest checkpoint: it is refused, the one before is used, and the tables go back with it. */
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { runMedallion, statusOf } from '../support/medallion.ts'
import { lastCheckpoint, outcomeOf, violations } from '../support/medallion-checks.ts'
import { medallionTemplate } from '../support/medallion-template.ts'
import { FIXED_SEED } from '../support/scale.ts'

const PACE = { SLUICE_TEST_ROWS_PER_CHECKPOINT: '1000' }
const template = await medallionTemplate({ events: 3_000, seed: FIXED_SEED }, PACE)
const { dataDir, expected } = template
const root = join(dataDir, 'checkpoints/medallion')
afterAll(() => template[Symbol.dispose]())

const DAMAGES = {
  'is truncated': (file: string) => truncateSync(file, readFileSync(file).length - 1),
  'is empty': (file: string) => truncateSync(file, 0),
  'has one byte flipped': (file: string) => {
    const bytes = readFileSync(file)
    bytes[bytes.length >> 1]! ^= 1
    writeFileSync(file, bytes)
  },
} as const

const FILES = {
  manifest: async () => {
    const { epoch, checkpointId } = await lastCheckpoint(dataDir)
    return `manifests/${epoch}-${checkpointId}.manifest`
  },
  'state file': async () => (await lastCheckpoint(dataDir)).keyed.at(-1)!.file,
  journal: async () => `journal/${readdirSync(join(root, 'journal')).sort().at(-1)}`,
} as const

describe.each(Object.entries(FILES))('the newest %s', (_name, fileOf) => {
  test.each(Object.entries(DAMAGES))('%s', async (_how, damage) => {
    template.resetToUndisturbed()
    const file = await fileOf()
    const last = await lastCheckpoint(dataDir)
    damage(join(root, file))
    const run = await runMedallion(dataDir, undefined, { env: PACE })
    expect(run.code, run.stderr).toBe(0)
    expect(run.stderr).toContain(file)
    expect(run.stderr).toMatch(/is damaged/)
    const restored = /(\d+)-(\d+)\.manifest$/.exec(statusOf(run).restoredFrom!)!
    expect(BigInt(restored[2]!)).toBeLessThan(last.checkpointId)
    expect(await outcomeOf(dataDir)).toEqual(expected)
    expect(await violations(dataDir)).toEqual([])
  })
})

test('every retained manifest damaged: the job says so and does nothing', async () => {
  template.resetToUndisturbed()
  const manifests = join(root, 'manifests')
  for (const name of readdirSync(manifests)) truncateSync(join(manifests, name), 10)
  const run = await runMedallion(dataDir)
  expect(run.code).toBe(1)
  expect(run.stderr).toContain('"code":"CHECKPOINT_CORRUPT"')
  expect(await outcomeOf(dataDir)).toEqual(expected)
})
