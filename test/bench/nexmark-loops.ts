/** Nexmark's queries as jobs against loops written by hand, over events that have been made before: without the generator. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Measurement, Timing } from './measure.ts'
import { LOOPS } from './nexmark/loops.ts'

const RATIO = join(import.meta.dirname, 'nexmark/ratio.ts')
/** So many that the start of a job, with all that V8 compiles anew for it, is little of what is measured. */
const EVENTS = 5_000_000
const ROUNDS = 5
/** A young generation that holds a few batches, for both alike. */
const FLAGS = ['--max-semi-space-size=64']

export async function benchNexmarkLoops(): Promise<Measurement[]> {
  return Object.keys(LOOPS).flatMap((query) => {
    const args = [...FLAGS, RATIO, query, String(EVENTS), String(ROUNDS)]
    const printed = execFileSync(process.execPath, args, { encoding: 'utf8' })
    const { loop, sluice } = JSON.parse(printed) as Record<'loop' | 'sluice', Timing>
    const perSecond = ({ cpuMs }: Timing) => EVENTS / cpuMs / 1000
    return [
      { name: `${query}: the loop`, value: perSecond(loop), unit: 'M events per CPU-second' },
      { name: `${query}: the job`, value: perSecond(sluice), unit: 'M events per CPU-second' },
      { name: `${query}: of the loop`, value: (100 * loop.cpuMs) / sluice.cpuMs, unit: '%', target: '≥ 50' },
    ]
  })
}
