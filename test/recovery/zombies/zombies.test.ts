/**
 * A process that stood still while another took its place, and then goes on: nothing of it becomes visible, nothing is
 * doubled, and it ends.
 *
 * `npm test` takes a few, `npm run test:deep zombies` all.
 */
import { afterAll, beforeAll, describe, test } from 'vitest'
import { FRESH_SEED, scale } from '../../support/scale.ts'
import { runZombie } from './run-zombie.ts'
import { copyScene, medallionScene, type Scene } from './scene.ts'
import { chosenZombies, nameOf, ZOMBIES, type Zombie } from './zombie-plan.ts'

const scenes: Partial<Record<'medallion' | 'copies', Scene>> = {}
beforeAll(async () => {
  scenes.medallion = await medallionScene(FRESH_SEED)
  scenes.copies = await copyScene()
})
afterAll(() => {
  for (const scene of Object.values(scenes)) scene[Symbol.dispose]()
})

const chosen = chosenZombies(scale(ZOMBIES.length, 3), FRESH_SEED)

describe(`zombies (seed ${FRESH_SEED}):`, () => {
  test.for(chosen.map((zombie) => [nameOf(zombie), zombie] as const))('%s', async ([, zombie]) => {
    await runZombie(zombie, sceneOf(zombie))
  })
})

function sceneOf(zombie: Zombie): Scene {
  return scenes[zombie.role === 'worker' ? 'medallion' : zombie.job]!
}
