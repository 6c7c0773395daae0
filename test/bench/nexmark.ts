/** Nexmark: each query as a job, beside a loop written by hand and the generator alone, each in a process of its own. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { QUERIES } from '../../jobs/nexmark/queries.ts'
import { type Measurement, median } from './measure.ts'
import { LOOPS } from './nexmark/loops.ts'
import type { NexmarkRun } from './nexmark/run.ts'

const ROUNDS = 3
const EVENTS = 5_000_000
/** Queries whose state or result is about as large as their input. */
const EVENTS_OF_HEAVY = 1_000_000
const HEAVY = new Set(['q3', 'q4', 'q9', 'q16', 'q18', 'q19', 'q20'])
const TARGETS = new Set(['q0', 'q1', 'q2', 'q5', 'q7', 'q8'])

const RUN = join(import.meta.dirname, 'nexmark/run.ts')

/** Medians over the rounds, for the peak of memory the greatest. */
interface Figures {
  readonly wallMs: number
  readonly cpuMs: number
  readonly peakRssBytes: number
  readonly rows: number
}

export async function benchNexmark(): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  const told = (measurement: Measurement) => {
    measurements.push(measurement)
    console.log(`  … ${measurement.name}: ${measurement.value.toPrecision(3)} ${measurement.unit}`)
  }
  for (const query of Object.keys(QUERIES)) {
    const events = HEAVY.has(query) ? EVENTS_OF_HEAVY : EVENTS
    const candidates = ['generator', ...(query in LOOPS ? ['loop'] : []), 'sluice']
    const found = sideBySide(candidates, query, events)
    const generator = found['generator']!
    const sluice = found['sluice']!
    const loop = found['loop']
    if (loop !== undefined && loop.rows !== sluice.rows) {
      throw new Error(`${query}: ${sluice.rows} rows, and ${loop.rows} of the loop`)
    }
    const perSecond = (ms: number) => events / ms / 1000
    told({ name: `${query}: wall`, value: perSecond(sluice.wallMs), unit: 'M events per second' })
    told({ name: `${query}: CPU`, value: perSecond(sluice.cpuMs), unit: 'M events per CPU-second' })
    told({
      name: `${query}: CPU, less the generator`,
      value: perSecond(sluice.cpuMs - generator.cpuMs),
      unit: 'M events per CPU-second',
    })
    if (loop !== undefined) {
      told({
        name: `${query}: of the loop, generator in both`,
        value: (100 * loop.wallMs) / sluice.wallMs,
        unit: '%',
        ...(TARGETS.has(query) && { target: '≥ 50' }),
      })
    }
    told({ name: `${query}: peak RSS`, value: sluice.peakRssBytes / 2 ** 20, unit: 'MiB' })
    told({ name: `${query}: the generator alone`, value: perSecond(generator.cpuMs), unit: 'M events per CPU-second' })
  }
  return measurements
}

function sideBySide(candidates: readonly string[], query: string, events: number): Record<string, Figures> {
  const runs = candidates.map((): NexmarkRun[] => [])
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, candidate] of candidates.entries()) {
      const printed = execFileSync(process.execPath, [RUN, candidate, query, String(events)], { encoding: 'utf8' })
      runs[index]!.push(JSON.parse(printed) as NexmarkRun)
    }
  }
  return Object.fromEntries(
    candidates.map((candidate, index) => {
      const all = runs[index]!
      return [
        candidate,
        {
          wallMs: median(all.map(({ wallMs }) => wallMs)),
          cpuMs: median(all.map(({ cpuMs }) => cpuMs)),
          peakRssBytes: Math.max(...all.map(({ peakRssBytes }) => peakRssBytes)),
          rows: all[0]!.rows,
        },
      ]
    }),
  )
}
