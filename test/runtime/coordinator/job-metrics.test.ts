/** What the metrics of a whole job say of each operator, subtask and task. */
import { expect, it } from 'vitest'
import { memorySink } from '../../../connectors/memory/memory-sink.ts'
import { memorySource } from '../../../connectors/memory/memory-source.ts'
import { eventTime, filter, keyBy, map } from '../../../operators/index.ts'
import { reportVertices } from '../../../runtime/coordinator/job-report.ts'
import { createMetrics } from '../../../runtime/observability/metrics.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { minutes } from '../../../topology/duration.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { startInMemory } from '../../support/run-in-memory.ts'

interface Row {
  readonly id: number
  readonly at: bigint
}

const ROWS = 1_000
const MINUTE_MICROS = 60_000_000n
const splits = [0, 1].map((split) =>
  Array.from({ length: ROWS / 2 }, (_, n) => ({ id: n * 2 + split, at: BigInt(n) * MINUTE_MICROS })),
)

function job(failOnce: () => void = () => {}) {
  return topology('measured', ({ fromSource }) => {
    fromSource<Row>('rows', () => memorySource({ splits })).pipe(
      eventTime('at', { outOfOrderness: minutes(0) }),
      keyBy('id'),
      filter((row) => row.id < 900),
      map((row) => {
        failOnce()
        return row
      }),
      to(memorySink<Row>('out')),
    )
  })
}

function measured() {
  const metrics = createMetrics({ prefix: '', clock: systemClock })
  const sum = async (name: string, labels: Readonly<Record<string, string>> = {}) =>
    (await metrics.values('measured'))
      .filter((sample) => sample.name === name)
      .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
      .reduce((total, { value }) => total + value, 0)
  const scope = (labels: Readonly<Record<string, string>>) => metrics.scope({ job: 'measured', ...labels })
  return { metrics, scope, sum }
}

it('counts records of every operator, bytes of every task, and time as it passes each', async () => {
  const { metrics, scope, sum } = measured()
  const run = await startInMemory(job(), { parallelism: 2, workers: 2, metrics: scope })
  const nodes = (await run.done).nodes.map(({ uid }) => uid)
  expect(nodes).toEqual(expect.arrayContaining(['source(rows)', 'sink(out)']))
  for (const [uid, recordsIn, recordsOut] of [
    ['source(rows)', 1_000, 1_000],
    ['eventTime(at)', 1_000, 1_000],
    ['keyBy-1', 1_000, 1_000],
    ['sink(out)', 900, 0],
  ] as const) {
    expect(await sum('num_records_in_total', { uid }), uid).toBe(recordsIn)
    expect(await sum('num_records_out_total', { uid }), uid).toBe(recordsOut)
  }
  for (const subtask of ['0', '1'])
    expect(await sum('num_records_in_total', { uid: 'source(rows)', subtask })).toBe(500)
  // What one worker sends to another is encoded, what stays in it is estimated; both ends count alike.
  const [sent, received] = [await sum('num_bytes_out_total', { uid: 'source(rows)' }), await sum('num_bytes_in_total')]
  expect(sent).toBeGreaterThan(1_000)
  expect(received).toBe(sent)
  const [first] = reportVertices(run)
  expect(first).toMatchObject({ uid: 'source(rows)', recordsIn: 1_000, recordsOut: 1_000, bytesOut: sent })
  expect(await sum('number_of_completed_checkpoints_total')).toBe(1)
  expect(await sum('last_checkpoint_size_bytes')).toBe(run.status().lastCheckpoint!.sizeBytes)
  expect(await sum('num_restarts_total')).toBe(0)
  const taskGauges = (await metrics.values('measured')).filter(({ name }) => name === 'busy_time_ms_per_second')
  expect(taskGauges, 'no task runs any more').toEqual([])
})

it('shows watermarks on both sides of an operator while it runs, and the restarts of the job', async () => {
  const { metrics, scope } = measured()
  let failures = 0
  const failOnce = () => {
    if (failures++ === 0) throw new Error('once')
  }
  const run = await startInMemory(job(failOnce), {
    until: 'stopped',
    parallelism: 2,
    workers: 2,
    metrics: scope,
    restart: { type: 'fixed-delay', attempts: 1, delayMs: 1 },
  })
  const lastMs = (ROWS / 2 - 1) * 60_000 - 1
  const shown = async (name: string, uid: string) =>
    (await metrics.values('measured'))
      .filter((sample) => sample.name === name && sample.labels['uid'] === uid)
      .map(({ value }) => value)
  await expect
    .poll(() => shown('current_output_watermark_ms', 'sink(out)'), { timeout: 10_000 })
    .toEqual([lastMs, lastMs])
  expect(await shown('current_input_watermark_ms', 'source(rows)')).toEqual([])
  expect(await shown('current_output_watermark_ms', 'eventTime(at)')).toEqual([lastMs, lastMs])
  for (const uid of ['keyBy-1', 'sink(out)'])
    expect(await shown('current_input_watermark_ms', uid), uid).toEqual([lastMs, lastMs])
  expect((await metrics.values('measured')).find(({ name }) => name === 'num_restarts_total')!.value).toBe(1)
  await run.cancel()
})
