/** From process start until a new job's first records are committed and the process has ended well. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Measurement, median } from './measure.ts'
import { submit } from './medallion.ts'
import { publishSimulated } from './publish-simulated.ts'

const ROUNDS = 5

/** An upper bound: the commit comes before the exit. The first round fills the compile cache and is not counted. */
export async function benchColdStart(): Promise<Measurement[]> {
  const walls: number[] = []
  const cpus: number[] = []
  for (let round = -1; round < ROUNDS; round++) {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
    try {
      await publishSimulated(directory, 1_000, 2)
      const run = await submit(directory, ['--until', 'latest'])
      if (round < 0) continue
      walls.push(run.wallMs)
      cpus.push(run.cpuMs)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }
  return [
    { name: 'process start → first records committed → exit', value: median(walls), unit: 'ms', target: '< 2,000' },
    { name: 'CPU of it', value: median(cpus), unit: 'ms' },
  ]
}

if (import.meta.main) console.table(await benchColdStart())
