/** Whether gathering before the exchange pays: windows over skewed keys on two workers, in one phase and in two. */
import { treeCpuMs } from '../support/process-usage.ts'
import { until } from '../support/run-process.ts'
import { withBenchedJob } from './benched-job.ts'
import { SKEWED_SETTINGS, type SkewedSettings, WINDOW_ROWS } from './jobs/skewed.ts'
import { type Measurement, median } from './measure.ts'

const WINDOWS = 40
const WARM_UP_WINDOWS = 10
const ROUNDS = 3
/** A subtask has fewer than a batch of results holds, so that it marks each window once. */
const KEYS = [100, 1000]
const PHASES = [1, 2] as const

interface Rates {
  readonly wall: number
  readonly cpu: number
}

export async function benchTwoPhase(): Promise<Measurement[]> {
  const figures: Measurement[] = []
  for (const keys of KEYS) {
    const runs: Record<1 | 2, Rates[]> = { 1: [], 2: [] }
    for (let round = 0; round < ROUNDS; round++) {
      for (const phases of PHASES) runs[phases].push(await measureRates(phases, keys))
    }
    for (const phases of PHASES) {
      const name = `${keys} keys, ${phases === 1 ? 'one phase' : 'two phases'}`
      figures.push(
        {
          name: `${name}: end to end`,
          value: median(runs[phases].map(({ wall }) => wall)) / 1e6,
          unit: 'M rows per second',
        },
        {
          name: `${name}: all processes`,
          value: median(runs[phases].map(({ cpu }) => cpu)) / 1e6,
          unit: 'M rows per CPU-second',
        },
      )
    }
  }
  return figures
}

function measureRates(phases: 1 | 2, keys: number): Promise<Rates> {
  return withBenchedJob(async ({ submit, marks }) => {
    const settings: SkewedSettings = { phases, keys, rows: 2 * WINDOW_ROWS * WINDOWS }
    const { process } = await submit({
      file: 'test/bench/jobs/skewed.ts',
      name: 'skewed',
      parallelism: 2,
      workers: 2,
      args: ['--until', 'latest'],
      env: { [SKEWED_SETTINGS]: JSON.stringify(settings), CHECKPOINT_INTERVAL: '1h' },
    })
    // Each subtask marks every batch of results; a window's are written at one moment.
    const closed = async (windows: number) => {
      let atMs = 0
      await until('windows close', () => {
        const results = marks().filter(({ what }) => what === 'rows')
        const written = [0, 1].map((subtask) => results.filter((mark) => mark['subtask'] === subtask))
        const done = written.every((all) => all.length >= windows)
        if (done) atMs = Math.max(...written.map((all) => all[windows - 1]!.atMs))
        return done
      })
      return { atMs, cpuMs: treeCpuMs(process.pid) }
    }
    const [before, after] = [await closed(WARM_UP_WINDOWS), await closed(WINDOWS - 2)]
    const rows = 2 * WINDOW_ROWS * (WINDOWS - 2 - WARM_UP_WINDOWS)
    const rate = (of: (moment: typeof before) => number) => (1000 * rows) / (of(after) - of(before))
    return { wall: rate(({ atMs }) => atMs), cpu: rate(({ cpuMs }) => cpuMs) }
  })
}

if (import.meta.main) console.table(await benchTwoPhase())
