/**
 * Exactly once on a real broker, in numbers: a job from a topic to a topic and a table, at parallelism 4 in two worker
 * processes, whose processes, broker and line are disturbed while records are in flight. Readers that are not ours count what
 * is lost and what is there twice.
 *
 * CI does a tenth, `npm run test:chaos [worker-kills|broker-restarts|rescales|zombies|faults …]` all of it, of a million
 * records.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seededRandom } from '../../../jobs/medallion/simulator/random.ts'
import { FRESH_SEED, SCALE, scale } from '../../support/scale.ts'
import { setUpPyIceberg } from '../pyiceberg.ts'
import { type ProxiedBroker, startProxiedBroker } from './broker.ts'
import { restartBrokers } from './chaos/broker-restarts.ts'
import { DisturbedJob } from './chaos/disturbed-job.ts'
import { disturbLine, IMPATIENT } from './chaos/faults.ts'
import { rescaleOften } from './chaos/rescales.ts'
import { printScore, scoresOf } from './chaos/scorecard.ts'
import { killWorkers } from './chaos/worker-kills.ts'
import { makeZombies } from './chaos/zombies.ts'

/** Of each kind of disturbance; there are five. */
const RECORDS = scale(200_000, 20_000)
/** In CI each kind of fault comes once. */
const FAULTS_MS = SCALE === 'full' ? 20 * 60_000 : 0

interface Disturbance {
  readonly name: string
  /** As many as leave some of the input for the end, whatever the scale. */
  readonly rowsPerSecond: number
  /** Over what the job has else. */
  readonly env?: Readonly<Record<string, string>>
  /** @returns what was done */
  readonly disturb: (job: DisturbedJob, random: () => number) => Promise<string>
}

const DISTURBANCES: readonly Disturbance[] = [
  {
    name: 'worker-kills',
    rowsPerSecond: 250,
    disturb: (job, random) => killWorkers(job, scale(100, 4), random),
  },
  {
    name: 'broker-restarts',
    rowsPerSecond: 150,
    disturb: (job) => restartBrokers(job, broker, scale(20)),
  },
  {
    name: 'rescales',
    rowsPerSecond: 1_500,
    disturb: (job, random) => rescaleOften(job, scale(50, 3), random),
  },
  {
    name: 'zombies',
    rowsPerSecond: 1_500,
    disturb: (job) => makeZombies(job, scale(30, 3)),
  },
  {
    name: 'faults',
    rowsPerSecond: 150,
    env: IMPATIENT,
    disturb: (job, random) => disturbLine(job, broker, { durationMs: FAULTS_MS, random }),
  },
]

let broker: ProxiedBroker
beforeAll(async () => {
  await setUpPyIceberg()
  broker = await startProxiedBroker()
})
afterAll(() => broker?.[Symbol.asyncDispose]())

describe(`chaos on Kafka (seed ${FRESH_SEED}):`, () => {
  test.for(DISTURBANCES)('$name', { timeout: 7_200_000 }, async ({ name, rowsPerSecond, env, disturb }) => {
    const directory = mkdtempSync(join(tmpdir(), `sluice-${name}-`))
    const { bootstrapServers } = broker
    const job = new DisturbedJob({ name, directory, bootstrapServers, rowsPerSecond })
    try {
      await job.publish(RECORDS)
      job.start(env)
      const done = await disturb(job, seededRandom(`${name}/${FRESH_SEED}`))
      const read = await job.finish()
      const scores = await scoresOf(job, broker, RECORDS)
      const heading = `${name}: ${done}; ${RECORDS} records published, ${read} of them read by then`
      console.log([heading, ...scores.map(printScore)].join('\n  '))
      expect(scores.filter(({ lost, duplicated, outOfOrder }) => lost + duplicated + outOfOrder > 0)).toEqual([])
    } finally {
      await job.end()
      rmSync(directory, { recursive: true })
    }
  })
})
