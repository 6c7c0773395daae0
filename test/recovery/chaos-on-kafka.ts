/**
 * The exactly-once scorecard on a real broker, at full count, and a record of it (needs Docker):
 *
 *     npm run test:chaos [worker-kills|broker-restarts|rescales|zombies|faults|lost-replies|leaders|registry …]
 *
 * What each printed goes to test/recovery/results/kafka-<name>.txt, with the commit and the command; at another scale
 * (`SLUICE_TEST_SCALE=ci`) to kafka-<name>-<scale>.txt, by another client (`KAFKA_CLIENT=platformatic`) to
 * kafka-<name>-<client>.txt. `SLUICE_TEST_SEED` sets the fresh seed.
 */
import type { Scale } from '../support/scale.ts'
import { runRecorded } from './recorded-suite.ts'

interface Tests {
  readonly file: string
  /** What the names of these have. */
  readonly only: string
}

const disturbance = (name: string): Tests => ({ file: 'test/integration/kafka/chaos.test.ts', only: name })

const SUITES: Readonly<Record<string, Tests>> = {
  'worker-kills': disturbance('worker-kills'),
  'broker-restarts': disturbance('broker-restarts'),
  rescales: disturbance('rescales'),
  zombies: disturbance('zombies'),
  faults: disturbance('faults'),
  'lost-replies': { file: 'test/integration/kafka/sink.test.ts', only: 'commits whose reply is lost' },
  leaders: { file: 'test/integration/kafka/leaders.test.ts', only: 'a leader is killed' },
  registry: { file: 'test/integration/registry/outage.test.ts', only: 'waits for' },
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(SUITES)
const unknown = names.filter((name) => !Object.hasOwn(SUITES, name))
if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(', ')}: there are ${Object.keys(SUITES).join(', ')}.`)
  process.exit(2)
}
const scale = (process.env['SLUICE_TEST_SCALE'] ?? 'full') as Scale
const client = process.env['KAFKA_CLIENT']
for (const name of names) {
  const { file, only } = SUITES[name]!
  const passed = await runRecorded({
    name: ['kafka', name, client, scale === 'full' ? undefined : scale].filter((part) => part !== undefined).join('-'),
    command: `${client === undefined ? '' : `KAFKA_CLIENT=${client} `}npm run test:chaos ${name}`,
    config: 'test/integration/vitest.config.ts',
    files: [file],
    only,
    scale,
  })
  if (!passed) process.exitCode = 1
}
