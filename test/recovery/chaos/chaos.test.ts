/**
 * Exactly once, in numbers: the medallion job at parallelism 4 in two worker processes, killed again and again while
 * records are in flight, leaves what an undisturbed run leaves.
 *
 * `npm test` kills a few times, CI twenty, `npm run test:deep chaos` two hundred times (there PyIceberg looks too: see
 * test/integration/recovery/chaos.test.ts).
 */
import { expect, test } from 'vitest'
import { outcomeOf, violations } from '../../support/medallion-checks.ts'
import { FRESH_SEED, scale } from '../../support/scale.ts'
import { KILLS } from './kill-plan.ts'
import { runChaos } from './run-chaos.ts'

const kills = scale(KILLS, 4)

test(`${kills} SIGKILLs (seed ${FRESH_SEED}): nothing lost, nothing doubled`, async () => {
  using chaos = await runChaos(kills, FRESH_SEED)
  expect(await outcomeOf(chaos.dataDir)).toEqual(chaos.expected)
  expect(await violations(chaos.dataDir)).toEqual([])
})
