/** The job that runs an operator under a script; as a module, for worker processes, the one that the environment says. */
import { eventTime } from '../../../operators/index.ts'
import type { Sink } from '../../../topology/contract/sink.ts'
import { milliseconds } from '../../../topology/duration.ts'
import type { Batch } from '../../../topology/element.ts'
import type { Json } from '../../../topology/json.ts'
import { append, type Stream } from '../../../topology/stream.ts'
import { to } from '../../../topology/to.ts'
import { type Topology, topology } from '../../../topology/topology.ts'
import { type Item, type Step, type Subject, toJson } from './script.ts'
import { type Fed, OUT_OF_ORDERNESS_MS, scriptedSource, TICK } from './scripted-source.ts'
import { SUBJECTS, type SubjectName } from './subjects.ts'

export const SCRIPT_VARIABLE = 'SLUICE_TEST_SCRIPT'

export interface ScriptedJob {
  readonly subject: SubjectName
  readonly steps: readonly Step[]
  /** Where the source leaves word. */
  readonly directory: string
}

/** By output and checkpoint: the rows that were committed. */
export type Committed = Record<string, Record<string, Json[]>>

export function scriptedJob({ subject, steps, directory }: ScriptedJob, committed: Committed): Topology {
  const { build }: Subject = SUBJECTS[subject]
  return topology('scripted', ({ fromSource }) => {
    const script = fromSource<Fed>('script', () => scriptedSource({ steps, inputs: build.length, directory }))
    const inputs = Array.from({ length: build.length }, (_, input) =>
      script.pipe(
        (fed) => picked<Fed, Item>(fed, (each) => (each.input === input ? [each.item] : [])),
        eventTime('at', { outOfOrderness: milliseconds(OUT_OF_ORDERNESS_MS), name: `time-of-input-${input}` }),
        (items) => picked<Item, Item>(items, (item) => (item.key === TICK ? [] : [item])),
      ),
    )
    for (const [port, stream] of Object.entries(build(...inputs))) stream.pipe(to(collectingSink(port, committed)))
  })
}

/** Of a kind of its own, so that the nodes of the subject are numbered as without it. */
function picked<T, R>(input: Stream<T>, fn: (value: T) => readonly R[]): Stream<R> {
  return append(input, { kind: 'picked', behaviour: { type: 'row', step: 'flatMap', fn } })
}

/** Its committables are its rows: the committer, which is with the coordinator, puts them where the test finds them. */
function collectingSink(name: string, committed: Committed) {
  const create = (): Sink => ({
    async createWriter() {
      let rows: Json[] = []
      return {
        write(batch: Batch) {
          for (const row of batch.values) rows.push(toJson(row))
        },
        async prepareCommit() {
          const interval = rows
          rows = []
          return interval
        },
        async close() {},
      }
    },
    createCommitter: async () => ({
      async fence() {},
      async commit({ checkpointId, committables }) {
        committed[name] = { ...committed[name], [String(checkpointId)]: [...committables] }
      },
      async close() {},
    }),
    async close() {},
  })
  return { name, create }
}

const script = process.env[SCRIPT_VARIABLE]
export default script === undefined ? undefined : scriptedJob(JSON.parse(script), {})
