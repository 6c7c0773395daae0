/** From a barrier to its complete checkpoint, at a million keys of declared state, while records keep coming. */
import type { CheckpointDetail } from '../../topology/contract/job-detail.ts'
import { until } from '../support/run-process.ts'
import { withBenchedJob } from './benched-job.ts'
import { COUNTING_SETTINGS, type CountingSettings } from './jobs/counting.ts'
import { type Measurement, median } from './measure.ts'

const KEYS = Number(process.env['SLUICE_BENCH_KEYS'] ?? 1_000_000)
const LATER = 9
const ROWS_PER_SECOND = 100_000

const FLOWS: Readonly<Record<string, Omit<CountingSettings, 'keys'>>> = {
  '100,000 rows/s of all keys': { rowsPerSecond: ROWS_PER_SECOND },
  '100,000 rows/s of 1 % of the keys': { rowsPerSecond: ROWS_PER_SECOND, hotKeys: KEYS / 100 },
  'all rows that it takes': {},
}

export async function benchBarriers(): Promise<Measurement[]> {
  const results: Measurement[] = []
  for (const [flow, settings] of Object.entries(FLOWS)) {
    const [first, ...later] = await checkpointsOf({ ...settings, keys: KEYS })
    const of = (figure: (checkpoint: CheckpointDetail) => number) => median(later.map(figure))
    results.push(
      { name: `${flow}: first checkpoint`, value: first!.durationMs, unit: 'ms' },
      { name: `${flow}: later ones, median`, value: of(({ durationMs }) => durationMs), unit: 'ms' },
      { name: `${flow}: later ones, longest`, value: longest(later, ({ durationMs }) => durationMs), unit: 'ms' },
      { name: `${flow}: of it until the barrier came`, value: of((each) => each.startDelayMs!), unit: 'ms' },
      { name: `${flow}: of it alignment`, value: of((each) => each.alignmentMs!), unit: 'ms' },
      { name: `${flow}: of it snapshot`, value: of(snapshotMs), unit: 'ms' },
      { name: `${flow}: state`, value: later.at(-1)!.sizeBytes / 1e6, unit: 'MB' },
    )
  }
  return results
}

function checkpointsOf(settings: CountingSettings): Promise<readonly CheckpointDetail[]> {
  return withBenchedJob(async ({ submit }) => {
    const { client, detail } = await submit({
      file: 'test/bench/jobs/counting.ts',
      name: 'counting',
      parallelism: 2,
      workers: 2,
      env: { [COUNTING_SETTINGS]: JSON.stringify(settings), CHECKPOINT_INTERVAL: '1h' },
    })
    await until('every key is there', async () => (await detail()).vertices[1]!.recordsIn > 1.2 * settings.keys)
    const taken: CheckpointDetail[] = []
    while (taken.length <= LATER) taken.push(await client.checkpoint('counting'))
    return taken
  })
}

function snapshotMs({ acknowledged }: CheckpointDetail): number {
  return longest(acknowledged, (each) => each.snapshotMs)
}

function longest<T>(values: readonly T[], of: (value: T) => number): number {
  return Math.max(...values.map(of))
}

if (import.meta.main) console.table(await benchBarriers())
