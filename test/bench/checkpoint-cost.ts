/** What a checkpoint every second costs: the same job with one and without, in turn. */

import { treeCpuMs } from '../support/process-usage.ts'
import { type BenchedJob, withBenchedJob } from './benched-job.ts'
import { COUNTING_SETTINGS, type CountingSettings } from './jobs/counting.ts'
import { type Measurement, median, type Timing } from './measure.ts'

const SETTINGS: CountingSettings = {
  keys: 100_000,
  rows: Number(process.env['SLUICE_BENCH_ROWS'] ?? 10_000_000),
}
const ROUNDS = 5
const SAMPLE_MS = 20

const INTERVALS = { 'every second': '1s', none: '1h' }

interface Run extends Timing {
  readonly checkpoints: number
}

export async function benchCheckpointCost(): Promise<Measurement[]> {
  const runs: Record<keyof typeof INTERVALS, Run[]> = { 'every second': [], none: [] }
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of Object.keys(runs) as (keyof typeof INTERVALS)[]) {
      runs[name].push(await withBenchedJob((bench) => measureRun(bench, INTERVALS[name])))
    }
  }
  const difference = (of: (run: Run) => number) => median(runs['every second'].map(of)) - median(runs.none.map(of))
  const costs = (of: (run: Run) => number) => (100 * difference(of)) / median(runs.none.map(of))
  return [
    ...Object.entries(runs).flatMap(([name, of]) => [
      { name: `checkpoints ${name}: wall`, value: median(of.map(({ wallMs }) => wallMs)), unit: 'ms' },
      { name: `checkpoints ${name}: CPU`, value: median(of.map(({ cpuMs }) => cpuMs)), unit: 'ms' },
      { name: `checkpoints ${name}: taken`, value: median(of.map(({ checkpoints }) => checkpoints)), unit: 'in a run' },
    ]),
    {
      name: 'CPU of one checkpoint',
      value: difference(({ cpuMs }) => cpuMs) / difference(({ checkpoints }) => checkpoints),
      unit: 'ms',
    },
    { name: 'cost in wall time', value: costs(({ wallMs }) => wallMs), unit: '%', target: '< 5' },
    { name: 'cost in CPU time', value: costs(({ cpuMs }) => cpuMs), unit: '%', target: '< 5' },
  ]
}

/** From when the job runs: CPU of all its processes to the end of the last, wall from first output to the last commit. */
async function measureRun({ submit, marks }: BenchedJob, interval: string): Promise<Run> {
  const job = await submit({
    file: 'test/bench/jobs/counting.ts',
    name: 'counting',
    parallelism: 2,
    workers: 2,
    args: ['--until', 'latest'],
    env: { [COUNTING_SETTINGS]: JSON.stringify(SETTINGS), CHECKPOINT_INTERVAL: interval },
  })
  const before = treeCpuMs(job.process.pid)
  let cpuMs = 0
  const sampler = setInterval(() => {
    cpuMs = Math.max(cpuMs, treeCpuMs(job.process.pid))
  }, SAMPLE_MS)
  const { code, stderr } = await job.process.ended
  clearInterval(sampler)
  if (code !== 0) throw new Error(`the job ended with ${code}: ${stderr}`)
  const noted = marks()
  const commits = noted.filter(({ what }) => what === 'commit')
  return { wallMs: commits.at(-1)!.atMs - noted[0]!.atMs, cpuMs: cpuMs - before, checkpoints: commits.length }
}

if (import.meta.main) console.table(await benchCheckpointCost())
