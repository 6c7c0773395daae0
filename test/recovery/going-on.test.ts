/** One run after another: what follows goes on where the one before it ended, and two at once are refused. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { errorOf, publishDays, runMedallion, startMedallion, statusOf } from '../support/medallion.ts'
import { outcomeOf, revenueOracle, violations } from '../support/medallion-checks.ts'
import { medallionTemplate } from '../support/medallion-template.ts'
import { until } from '../support/run-process.ts'
import { FRESH_SEED } from '../support/scale.ts'

const EVENTS = 4_000
const template = await medallionTemplate({ events: EVENTS, seed: FRESH_SEED })
const { dataDir, expected } = template
afterAll(() => template[Symbol.dispose]())

const FIRST_CHECKPOINT = join(dataDir, 'checkpoints/medallion/manifests/1-1.manifest')

describe(`on a shop of seed ${FRESH_SEED}`, () => {
  test('a second run of the days that follow doubles nothing and loses nothing', async () => {
    template.resetToUndisturbed()
    await publishDays(dataDir, { events: EVENTS, seed: FRESH_SEED })
    const second = await runMedallion(dataDir)
    expect(second.code, second.stderr).toBe(0)
    expect(statusOf(second).epoch).toBe('2')
    const outcome = await outcomeOf(dataDir)
    expect(outcome.tables['bronze.events']).toMatch(/^8000 rows/)
    expect(outcome.revenue).toEqual(await revenueOracle(dataDir))
    expect(await violations(dataDir)).toEqual([])
  })

  test('a run without new events changes no row', async () => {
    template.resetToUndisturbed()
    const again = await runMedallion(dataDir)
    expect(again.code, again.stderr).toBe(0)
    expect(await outcomeOf(dataDir)).toEqual(expected)
    expect(await violations(dataDir)).toEqual([])
  })

  test('without drain, windows stay open from one run to the next', async () => {
    template.resetToPublished()
    const first = await runMedallion(dataDir, ['--until', 'latest'])
    expect(first.code, first.stderr).toBe(0)
    expect((await outcomeOf(dataDir)).revenue).not.toEqual(expected.revenue)
    const second = await runMedallion(dataDir)
    expect(second.code, second.stderr).toBe(0)
    expect(await outcomeOf(dataDir)).toEqual(expected)
    expect(await violations(dataDir)).toEqual([])
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    '%s stops a run with a savepoint; meanwhile another is refused, afterwards it goes on',
    async (signal, code) => {
      template.resetToPublished()
      const first = startMedallion(dataDir, [])
      await until('a checkpoint of the first run', () => existsSync(FIRST_CHECKPOINT))
      const refused = await runMedallion(dataDir)
      expect(refused.code).toBe(1)
      expect(errorOf(refused)).toMatchObject({
        code: 'DATA_IN_USE',
        message: expect.stringContaining(`process ${first.pid}`),
        fix: expect.stringContaining('--data-dir'),
      })
      first.kill(signal)
      const stopped = await first.ended
      expect(stopped.code, stopped.stderr).toBe(code)
      expect(statusOf(stopped)).toMatchObject({ state: 'FINISHED', lastCheckpoint: { kind: 'savepoint' } })
      const second = await runMedallion(dataDir)
      expect(second.code, second.stderr).toBe(0)
      expect(statusOf(second).restoredFrom).toBe(statusOf(stopped).lastCheckpoint.location)
      expect(await outcomeOf(dataDir)).toEqual(expected)
      expect(await violations(dataDir)).toEqual([])
    },
  )
})
