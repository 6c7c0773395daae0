/**
 * One run in a process of its own: `run.ts <generator | loop | sluice> <query> <events>`. Prints what it took as JSON.
 */
import { Generator } from '../../../jobs/nexmark/generator/generator.ts'
import { nexmarkSource } from '../../../jobs/nexmark/generator/source.ts'
import { QUERIES } from '../../../jobs/nexmark/queries.ts'
import { streamsOf } from '../../../jobs/nexmark/query.ts'
import type { NexmarkEvent } from '../../../jobs/nexmark/schemas.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { runInMemory } from '../../support/run-in-memory.ts'
import { timed } from '../measure.ts'
import { countingSink } from './counting-sink.ts'
import { LOOPS } from './loops.ts'

/** What a run prints. */
export interface NexmarkRun {
  readonly wallMs: number
  readonly cpuMs: number
  readonly peakRssBytes: number
  readonly rows: number
}

const [what, query, text] = process.argv.slice(2) as [string, string, string]
const events = Number(text)
let rows = 0

async function run(): Promise<void> {
  switch (what) {
    case 'generator': {
      const generator = new Generator()
      for (let n = 0; n < events; n++) rows += generator.event(n).event_type === 2 ? 1 : 0
      return
    }
    case 'loop':
      LOOPS[query]!(new Generator(), events, () => {
        rows++
      })
      return
    case 'sluice': {
      const sink = countingSink('rows')
      const job = topology(`nexmark-${query}`, ({ fromSource }) => {
        const source = fromSource<NexmarkEvent>('nexmark', () => nexmarkSource({ events, splits: 1 }))
        QUERIES[query]!.build(streamsOf(source)).pipe(to(sink))
      })
      await runInMemory(job, { drain: true, checkpointIntervalMs: 10_000 })
      rows = sink.rows
      return
    }
    default:
      throw new Error(`there is no ${what}`)
  }
}

const { wallMs, cpuMs } = await timed(run)
const peakRssBytes = process.resourceUsage().maxRSS * 1024
process.stdout.write(JSON.stringify({ wallMs, cpuMs, peakRssBytes, rows } satisfies NexmarkRun))
