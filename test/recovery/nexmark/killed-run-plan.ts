/** Which queries are run, from where, and how each is killed and rescaled. */
import { seededRandom } from '../../../jobs/medallion/simulator/random.ts'
import { QUERIES } from '../../../jobs/nexmark/queries.ts'
import { FIXED_SEED, FRESH_SEED, scale } from '../../support/scale.ts'
import { shuffled } from '../chaos/kill-plan.ts'

/** Made by every reader, or published into the log before. */
export type Origin = 'generator' | 'log'

/** What gets the SIGKILL: the coordinator, whose workers then end by themselves, or all of its workers at once. */
export type Victim = 'coordinator' | 'workers'

export interface KilledRun {
  readonly query: string
  readonly origin: Origin
  /** One after the other; each but the last ends by a kill. */
  readonly parallelisms: readonly [number, number, number]
  readonly victims: readonly [Victim, Victim]
}

type Unplanned = Pick<KilledRun, 'query' | 'origin'>

const ORIGINS: readonly Origin[] = ['generator', 'log']

/** Every query from both origins. */
const RUNS: readonly Unplanned[] = Object.keys(QUERIES).flatMap((query) => ORIGINS.map((origin) => ({ query, origin })))

/** As a test is called. */
export function nameOf({ query, origin, parallelisms, victims }: KilledRun): string {
  const [first, second, third] = parallelisms
  return `${query} from the ${origin}: ${victims[0]} killed at ${first}, ${victims[1]} at ${second}, ended at ${third}`
}

/** Those that a run of this scale takes: some by the fixed seed, as many by the fresh one. */
export function chosenRuns(): readonly KilledRun[] {
  const count = scale(RUNS.length, 2)
  if (count === RUNS.length) return planned(RUNS, FRESH_SEED)
  const half = Math.ceil(count / 2)
  const runs = [
    ...planned(sample(half, FIXED_SEED, 'generator'), FIXED_SEED),
    ...planned(sample(half, FRESH_SEED, 'log'), FRESH_SEED),
  ]
  return [...new Map(runs.map((run) => [`${run.query}/${run.origin}`, run])).values()]
}

function planned(runs: readonly Unplanned[], seed: number): KilledRun[] {
  const random = seededRandom(`nexmark/${seed}`)
  return runs.map((run) => {
    const [first, second, third] = shuffled([1, 2, 3], random) as [number, number, number]
    const victim = (): Victim => (random() < 0.5 ? 'coordinator' : 'workers')
    return { ...run, parallelisms: [first, second, third], victims: [victim(), victim()] }
  })
}

/** So many queries, from both origins in turn. */
function sample(count: number, seed: number, first: Origin): Unplanned[] {
  const queries = shuffled(Object.keys(QUERIES), seededRandom(`nexmark-queries/${seed}`)).slice(0, count)
  return queries.map((query, index) => ({ query, origin: ORIGINS[(ORIGINS.indexOf(first) + index) % 2]! }))
}
