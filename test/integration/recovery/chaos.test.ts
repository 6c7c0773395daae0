/**
 * The kills of test/recovery/chaos, with PyIceberg as an independent reader of what they leave: `npm run test:deep chaos`
 * kills two hundred times.
 */
import { beforeAll, expect, test } from 'vitest'
import { KILLS } from '../../recovery/chaos/kill-plan.ts'
import { runChaos } from '../../recovery/chaos/run-chaos.ts'
import { outcomeOf, violations } from '../../support/medallion-checks.ts'
import { FRESH_SEED, scale } from '../../support/scale.ts'
import { ledgerOf, printLedger } from '../medallion/ledger.ts'
import { setUpPyIceberg } from '../pyiceberg.ts'

beforeAll(setUpPyIceberg)

const kills = scale(KILLS, 4)

test(`${kills} SIGKILLs (seed ${FRESH_SEED}): 0 lost, 0 duplicated in every table`, {
  timeout: 7_200_000,
}, async () => {
  using chaos = await runChaos(kills, FRESH_SEED)
  const ledger = await ledgerOf(chaos.dataDir)
  console.log(ledger.map(printLedger).join('\n'))
  expect(ledger.filter(({ lost, duplicated }) => lost !== 0 || duplicated !== 0)).toEqual([])
  expect(await outcomeOf(chaos.dataDir)).toEqual(chaos.expected)
  expect(await violations(chaos.dataDir)).toEqual([])
})
