/**
 * A query as a job against the same by hand, over events that have been made before, in turn in one process:
 * `ratio.ts <query> <events> <rounds>`. Prints the medians as JSON.
 */
import { Generator } from '../../../jobs/nexmark/generator/generator.ts'
import { QUERIES } from '../../../jobs/nexmark/queries.ts'
import { streamsOf } from '../../../jobs/nexmark/query.ts'
import type { NexmarkEvent } from '../../../jobs/nexmark/schemas.ts'
import type { Source, SplitState } from '../../../topology/contract/source.ts'
import { Batch } from '../../../topology/element.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { runInMemory } from '../../support/run-in-memory.ts'
import { sideBySide } from '../measure.ts'
import { countingSink } from './counting-sink.ts'
import { LOOPS } from './loops.ts'

const BATCH_ROWS = 1024

const [query, events, rounds] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])]
const generator = new Generator()
const made = Array.from({ length: events }, (_, n) => generator.event(n))
const batches = Array.from({ length: Math.ceil(events / BATCH_ROWS) }, (_, at) =>
  made.slice(at * BATCH_ROWS, (at + 1) * BATCH_ROWS),
)
/** As the loop asks for them. */
const asGenerator = { event: (n: number): NexmarkEvent => made[n]! } as Generator

function source(): Source {
  return {
    discoverSplits: async () => [{ id: '0', index: 0, start: 0, stop: batches.length }],
    createReader() {
      let [next, state]: [number, SplitState | undefined] = [0, undefined]
      return {
        async assign([split]) {
          state = split
        },
        poll: () => (next < batches.length ? (new Batch(batches[next++]!, { split: 0 }) as Batch<any>) : undefined),
        wait: (_timeoutMs, signal) =>
          new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
        atEnd: () => next === batches.length,
        snapshot: () => (state === undefined ? [] : [{ ...state, position: next }]),
        async close() {},
      }
    },
    async close() {},
  }
}

let rows = 0
const timings = await sideBySide(
  {
    loop() {
      rows = 0
      LOOPS[query]!(asGenerator, events, () => {
        rows++
      })
    },
    async sluice() {
      const sink = countingSink('rows')
      const job = topology(`nexmark-${query}`, ({ fromSource }) => {
        QUERIES[query]!.build(streamsOf(fromSource<NexmarkEvent>('nexmark', source))).pipe(to(sink))
      })
      await runInMemory(job, { drain: true, checkpointIntervalMs: 10_000 })
      if (sink.rows !== rows) throw new Error(`${query}: ${sink.rows} rows, and ${rows} of the loop`)
    },
  },
  rounds,
)
process.stdout.write(JSON.stringify(timings))
