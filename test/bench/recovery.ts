/** From a SIGKILL to new output: of a worker, and of the coordinator of a job that is submitted again. */
import { setTimeout } from 'node:timers/promises'
import { until } from '../support/run-process.ts'
import type { RunningJob } from '../support/running-job.ts'
import { type BenchedJob, withBenchedJob } from './benched-job.ts'
import { COUNTING_SETTINGS, type CountingSettings } from './jobs/counting.ts'
import type { Mark } from './marks.ts'
import { type Measurement, median } from './measure.ts'

const SETTINGS: CountingSettings = { keys: 100_000, rowsPerSecond: 100_000 }
const KILLS = 10
const CHECKPOINT_INTERVAL_MS = 1_000

/** From the kill, milliseconds. */
interface Recovery {
  /** To the first batch at a sink's writer. */
  readonly outputMs: number
  /** To the first commit of new output. */
  readonly commitMs: number
}

export async function benchRecovery(): Promise<Measurement[]> {
  const ofWorkers: Recovery[] = []
  const ofCoordinators: Recovery[] = []
  await withBenchedJob(async (bench) => {
    let job = await submit(bench)
    while (ofCoordinators.length < KILLS) {
      await atSomeMoment(job)
      const [worker] = (await job.detail()).workerProcesses
      ofWorkers.push(await recovery(bench, async () => void process.kill(worker!.pid, 'SIGKILL')))
      await atSomeMoment(job)
      ofCoordinators.push(
        await recovery(bench, async () => {
          job.process.kill('SIGKILL')
          await job.process.ended
          job = await submit(bench)
        }),
      )
    }
  })
  return [
    ...measurementsOf('worker', ofWorkers),
    ...measurementsOf('coordinator, submitted again at once', ofCoordinators),
  ]
}

function submit({ submit }: BenchedJob): Promise<RunningJob> {
  return submit({
    file: 'test/bench/jobs/counting.ts',
    name: 'counting',
    parallelism: 2,
    workers: 2,
    env: { [COUNTING_SETTINGS]: JSON.stringify(SETTINGS), CHECKPOINT_INTERVAL: `${CHECKPOINT_INTERVAL_MS}ms` },
  })
}

/** Once the job has taken a checkpoint of its own, anywhere between two of them. */
async function atSomeMoment({ client }: RunningJob): Promise<void> {
  const { completed } = await client.checkpoints('counting')
  await until('a checkpoint is complete', async () => (await client.checkpoints('counting')).completed > completed)
  await setTimeout(Math.random() * CHECKPOINT_INTERVAL_MS)
}

async function recovery({ marks }: BenchedJob, kill: () => Promise<void>): Promise<Recovery> {
  const epoch = BigInt(marks().at(-1)!.epoch)
  const killedAtMs = Date.now()
  const first = (what: Mark['what']) => marks().find((mark) => mark.what === what && BigInt(mark.epoch) > epoch)
  await kill()
  await until('output is committed', () => first('commit') !== undefined)
  return { outputMs: first('write')!.atMs - killedAtMs, commitMs: first('commit')!.atMs - killedAtMs }
}

function measurementsOf(killed: string, recoveries: readonly Recovery[]): Measurement[] {
  const output = recoveries.map(({ outputMs }) => outputMs)
  const commit = recoveries.map(({ commitMs }) => commitMs)
  const name = `${killed} killed ${recoveries.length} times`
  return [
    { name: `${name}: first output, median`, value: median(output), unit: 'ms', target: '< 2,000' },
    { name: `${name}: first output, longest`, value: Math.max(...output), unit: 'ms', target: '< 2,000' },
    { name: `${name}: first commit, median`, value: median(commit), unit: 'ms' },
    { name: `${name}: first commit, longest`, value: Math.max(...commit), unit: 'ms' },
  ]
}

if (import.meta.main) console.table(await benchRecovery())
