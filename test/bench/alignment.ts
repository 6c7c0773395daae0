/**
 * How long a barrier takes to come through full channels: a sink takes a fifth of what the source could give, at
 * parallelism 4 over 2 workers.
 */
import type { CheckpointAcknowledgement } from '../../topology/contract/job-detail.ts'
import { until } from '../support/run-process.ts'
import type { RunningJob } from '../support/running-job.ts'
import { type BenchedJob, withBenchedJob } from './benched-job.ts'
import { PRESSED_SETTINGS, type PressedSettings } from './jobs/pressed.ts'
import { type Measurement, median } from './measure.ts'

const PARALLELISM = 4
const SHARE = 0.2
const FREE_MS = 5_000
const CHECKPOINTS = 10

export async function benchAlignment(): Promise<Measurement[]> {
  return [...(await benchRows(10)), ...(await benchRows(1))]
}

async function benchRows(fields: PressedSettings['fields']): Promise<Measurement[]> {
  const freely = await withBenchedJob((bench) => measureRate(bench, { fields }))
  const rowsPerSecond = (SHARE * freely) / PARALLELISM
  const { rate, barriers } = await withBenchedJob((bench) => measureBarriers(bench, { fields, rowsPerSecond }))
  const figures = (of: (each: CheckpointAcknowledgement) => number) => barriers.map(of)
  const rows = fields === 1 ? 'rows of one field' : `rows of ${fields} fields`
  return [
    { name: `${rows}: a sink that takes all`, value: freely, unit: 'rows/s' },
    { name: `${rows}: the sink that holds it back`, value: rate, unit: 'rows/s' },
    ...spread(
      `${rows}: until the first barrier came`,
      figures(({ startDelayMs }) => startDelayMs),
    ),
    ...spread(
      `${rows}: from the first to the last`,
      figures(({ alignmentMs }) => alignmentMs),
    ),
    ...spread(
      `${rows}: both`,
      figures(({ startDelayMs, alignmentMs }) => startDelayMs + alignmentMs),
    ),
  ]
}

function spread(name: string, values: readonly number[]): Measurement[] {
  return [
    { name: `${name}, median`, value: median(values), unit: 'ms' },
    { name: `${name}, longest`, value: Math.max(...values), unit: 'ms' },
  ]
}

function submit({ submit }: BenchedJob, settings: PressedSettings): Promise<RunningJob> {
  return submit({
    file: 'test/bench/jobs/pressed.ts',
    name: 'pressed',
    parallelism: PARALLELISM,
    workers: 2,
    env: { [PRESSED_SETTINGS]: JSON.stringify(settings), CHECKPOINT_INTERVAL: '1h' },
  })
}

async function measureRate(bench: BenchedJob, settings: PressedSettings): Promise<number> {
  const job = await submit(bench, settings)
  await until('rows arrive', async () => (await taken(job)) > 0)
  return rateOf(job)
}

/** Rows a second into the sinks, over some seconds from now. */
async function rateOf(job: RunningJob): Promise<number> {
  const [before, startMs] = [await taken(job), performance.now()]
  await until('the rate is measured', () => performance.now() - startMs > FREE_MS)
  return (1000 * ((await taken(job)) - before)) / (performance.now() - startMs)
}

async function taken({ detail }: RunningJob): Promise<number> {
  return (await detail()).vertices.at(-1)!.recordsIn
}

/** Of every subtask behind the exchange, at every checkpoint. */
async function measureBarriers(bench: BenchedJob, settings: PressedSettings) {
  const job = await submit(bench, settings)
  await until('the source is held back', async () => {
    const { vertices } = await job.detail()
    return vertices[0]!.backpressuredMsPerSecond > 700
  })
  const rate = await rateOf(job)
  const barriers: CheckpointAcknowledgement[] = []
  for (let count = 0; count < CHECKPOINTS; count++) {
    const { acknowledged } = await job.client.checkpoint('pressed')
    barriers.push(...acknowledged.filter(({ uid }) => uid === 'sink(orders)'))
  }
  return { rate, barriers }
}

if (import.meta.main) console.table(await benchAlignment())
