/** Rows of ten fields from one worker to another, through everything a job has: source, exchange, gate, sink. */
import { treeCpuMs } from '../support/process-usage.ts'
import { until } from '../support/run-process.ts'
import { withBenchedJob } from './benched-job.ts'
import { CROSSING_SETTINGS, type CrossingSettings } from './jobs/crossing.ts'
import type { Mark } from './marks.ts'
import { type Measurement, median } from './measure.ts'

const MARK_EVERY = 1 << 19
/** Of all sinks together. */
const WARM_UP_MARKS = 4
const ROWS = 16 * MARK_EVERY
const ROUNDS = 3

const WAYS = {
  hash: { name: 'hashed, all cross', sinks: 1 },
  rebalance: { name: 'rebalanced, half of them cross', sinks: 2 },
} as const

/** Rows a second into all sinks, once they are warm: of wall time, and of all CPU time that the job takes meanwhile. */
interface Rates {
  readonly wall: number
  readonly cpu: number
}

export async function benchCrossing(): Promise<Measurement[]> {
  const runs: Record<CrossingSettings['by'], Rates[]> = { hash: [], rebalance: [] }
  for (let round = 0; round < ROUNDS; round++) {
    for (const by of ['hash', 'rebalance'] as const) runs[by].push(await measureRates(by))
  }
  return (['hash', 'rebalance'] as const).flatMap((by) => {
    const rate = (of: (rates: Rates) => number) => median(runs[by].map(of)) / 1e6
    const { name } = WAYS[by]
    return [
      { name: `${name}: end to end`, value: rate(({ wall }) => wall), unit: 'M rows per second', target: '≥ 1' },
      { name: `${name}: all processes`, value: rate(({ cpu }) => cpu), unit: 'M rows per CPU-second' },
    ]
  })
}

function measureRates(by: CrossingSettings['by']): Promise<Rates> {
  return withBenchedJob(async ({ submit, marks }) => {
    const { sinks } = WAYS[by]
    const settings: CrossingSettings = { by, rows: ROWS, markEvery: MARK_EVERY / sinks }
    const { process } = await submit({
      file: 'test/bench/jobs/crossing.ts',
      name: 'crossing',
      parallelism: 2,
      workers: 2,
      args: ['--until', 'latest'],
      env: { [CROSSING_SETTINGS]: JSON.stringify(settings), CHECKPOINT_INTERVAL: '1h' },
    })
    const taken = async (count: number) => {
      let noted: readonly Mark[] = []
      await until('rows arrive', () => {
        noted = marks().filter(({ what }) => what === 'rows')
        return noted.length >= count
      })
      return { atMs: noted[count - 1]!.atMs, cpuMs: treeCpuMs(process.pid) }
    }
    const [before, after] = [await taken(WARM_UP_MARKS), await taken(ROWS / settings.markEvery)]
    const rows = ROWS - WARM_UP_MARKS * settings.markEvery
    const rate = (of: (moment: typeof before) => number) => (1000 * rows) / (of(after) - of(before))
    return { wall: rate(({ atMs }) => atMs), cpu: rate(({ cpuMs }) => cpuMs) }
  })
}

if (import.meta.main) console.table(await benchCrossing())
