/**
 * The exactly-once scorecard on a real broker, at full count, and a record of it (needs Docker):
 *
 *     npm run test:chaos [worker-kills|broker-restarts|rescales|zombies|faults …]
 *
 * What each printed goes to test/recovery/results/kafka-<name>.txt, with the commit and the command; at another scale
 * (`SLUICE_TEST_SCALE=ci`) to kafka-<name>-<scale>.txt. `SLUICE_TEST_SEED` sets the fresh seed.
 */
import type { Scale } from '../support/scale.ts'
import { runRecorded } from './recorded-suite.ts'

const DISTURBANCES = ['worker-kills', 'broker-restarts', 'rescales', 'zombies', 'faults']

const names = process.argv.length > 2 ? process.argv.slice(2) : DISTURBANCES
const unknown = names.filter((name) => !DISTURBANCES.includes(name))
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}: there are ${DISTURBANCES.join(', ')}.`)
  process.exit(2)
}
const scale = (process.env['SLUICE_TEST_SCALE'] ?? 'full') as Scale
for (const name of names) {
  const passed = await runRecorded({
    name: `kafka-${name}${scale === 'full' ? '' : `-${scale}`}`,
    command: `npm run test:chaos ${name}`,
    config: 'test/integration/vitest.config.ts',
    files: ['test/integration/kafka/chaos.test.ts'],
    only: name,
    scale,
  })
  if (!passed) process.exitCode = 1
}
