/** The zombies: who stops where, when it goes on, and what has taken its place by then. */
import { seededRandom } from '../../../jobs/medallion/simulator/random.ts'
import type { FaultPoint } from '../../../runtime/fault-point.ts'

/**
 * When the process goes on: before its successor has fenced the sinks, so that it may still finish its commit; before
 * the successor has committed anything; or after it has.
 */
export type Continued = 'before the fence' | 'before the commit' | 'after the commit'

/** A worker, told dead by its heartbeats, that lives on. */
export interface ZombieWorker {
  readonly role: 'worker'
  readonly continued: Exclude<Continued, 'before the fence'>
}

/** A coordinator that stands still while another one, elsewhere, takes its job over. */
export interface ZombieCoordinator {
  readonly role: 'coordinator'
  /** Into tables, or into a topic of the log. */
  readonly job: 'medallion' | 'copies'
  readonly at: FaultPoint
  readonly continued: Continued
  /** What the successor begins from. */
  readonly from: 'the latest checkpoint' | 'an older savepoint'
}

export type Zombie = ZombieWorker | ZombieCoordinator

const WORKERS = Array.from(
  { length: 10 },
  (_, n): ZombieWorker => ({ role: 'worker', continued: n % 2 === 0 ? 'after the commit' : 'before the commit' }),
)

/** Between "manifest durable" and the reply of the catalog. */
const TABLE_POINTS: readonly FaultPoint[] = [
  'checkpoint.after-manifest',
  'checkpoint.before-commit',
  'iceberg.before-manifest',
  'iceberg.after-manifest-list',
  'iceberg.before-catalog-cas',
  'iceberg.after-catalog-cas',
]

/** The same of the log. */
const TOPIC_POINTS: readonly FaultPoint[] = ['checkpoint.after-manifest', 'log.before-commit', 'log.after-commit']

/** From the latest checkpoint a successor commits what the zombie is about to; from a savepoint it takes it back. */
const COORDINATORS = [
  ...TABLE_POINTS.flatMap((at, n) => [
    coordinator('medallion', at, 'after the commit', 'the latest checkpoint'),
    coordinator('medallion', at, beforeIt(n), 'the latest checkpoint'),
    coordinator('medallion', at, 'after the commit', 'an older savepoint'),
    coordinator('medallion', at, beforeIt(n + 1), 'an older savepoint'),
  ]),
  ...TOPIC_POINTS.flatMap((at, n) => [
    coordinator('copies', at, 'after the commit', 'the latest checkpoint'),
    coordinator('copies', at, beforeIt(n), 'the latest checkpoint'),
  ]),
]

/** One and the other in turn. */
function beforeIt(n: number): Continued {
  return n % 2 === 0 ? 'before the commit' : 'before the fence'
}

function coordinator(
  job: ZombieCoordinator['job'],
  at: FaultPoint,
  continued: Continued,
  from: ZombieCoordinator['from'],
): ZombieCoordinator {
  return { role: 'coordinator', job, at, continued, from }
}

export const ZOMBIES: readonly Zombie[] = [...WORKERS, ...COORDINATORS]

export function nameOf(zombie: Zombie): string {
  if (zombie.role === 'worker') return `a worker before it acknowledges, continued ${zombie.continued}`
  const { job, at, continued, from } = zombie
  return `the coordinator of ${job} at ${at}, continued ${continued}, its successor from ${from}`
}

/** So many of them, by a seed: of every kind one, as far as it goes. */
export function chosenZombies(count: number, seed: number): readonly Zombie[] {
  if (count >= ZOMBIES.length) return ZOMBIES
  const random = seededRandom(`zombies/${seed}`)
  const kinds = Object.values(Object.groupBy(ZOMBIES, (each) => (each.role === 'worker' ? 'worker' : each.job)))
  return Array.from({ length: count }, (_, n) => {
    const kind = kinds[n % kinds.length]!
    return kind.splice(Math.floor(random() * kind.length), 1)[0]!
  })
}
