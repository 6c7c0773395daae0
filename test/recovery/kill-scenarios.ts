/** Ways to kill the medallion job: at every fault point it passes, and at moments that nobody chose. */
import { seededRandom } from '../../jobs/medallion/simulator/random.ts'
import { FAULT_POINTS, type FaultPoint } from '../../runtime/fault-point.ts'
import { FIXED_SEED, FRESH_SEED, scale } from '../support/scale.ts'

/** One SIGKILL: at a passing of a fault point, or at a share of the time that the undisturbed run took. */
export type Kill = { readonly fault: string } | { readonly atShare: number }

export interface KillScenario {
  readonly name: string
  /** One per attempt; the attempt after the last is left alone. */
  readonly kills: readonly Kill[]
}

/** The job reads from the log and never writes to it, nor to files or addresses; undisturbed, it neither restarts nor rescales. */
export const MEDALLION_FAULT_POINTS = (Object.keys(FAULT_POINTS) as FaultPoint[]).filter(
  (name) => !/^(log|file|http|kafka-sink|postgres|restart|rescale)\./.test(name),
)

/** Every point at its first and at a middle passing. `checkpoints`, `commits`, `files`, `batches`: of an undisturbed run. */
export interface Passings {
  readonly checkpoints: number
  readonly commits: number
  readonly files: number
  readonly batches: number
}

export function faultScenarios(passings: Passings): KillScenario[] {
  return MEDALLION_FAULT_POINTS.flatMap((point) => [
    { name: `at the first passing of ${point}`, kills: [{ fault: point }] },
    { name: `in the middle at ${point}`, kills: middleOf(point, passings) },
  ])
}

/** A run passes the points of a restore once: their middle is the restore of a run that has been killed twice already. */
function middleOf(point: FaultPoint, passings: Passings): Kill[] {
  if (point.startsWith('restore.') || point.startsWith('worker.')) {
    return [{ fault: `checkpoint.after-commit:${half(passings.checkpoints)}` }, { fault: point }, { fault: point }]
  }
  return [{ fault: `${point}:${half(passingsOf(point, passings))}` }]
}

function passingsOf(point: FaultPoint, { checkpoints, commits, files, batches }: Passings): number {
  if (point === 'source.after-poll' || point === 'task.after-batch') return batches
  if (point === 'iceberg.before-data-file' || point === 'iceberg.after-data-file') return files
  if (point.startsWith('iceberg.')) return commits
  // The oldest of the retained checkpoints goes with the fourth.
  return point === 'checkpoint.after-retention' ? checkpoints - 3 : checkpoints
}

function half(count: number): number {
  return Math.max(2, Math.floor(count / 2))
}

/** `count` runs killed at random; every third of them several times in a row. */
export function randomScenarios(count: number, seed: number): KillScenario[] {
  const random = randomOf(seed)
  return Array.from({ length: count }, (_, index) => {
    const inARow = index % 3 === 2 ? 2 + Math.floor(random() * 3) : 1
    const kills = Array.from({ length: inARow }, () => ({ atShare: random() }))
    const shares = kills.map(({ atShare }) => `${Math.round(atShare * 100)} %`)
    return { name: `at ${shares.join(', then ')} of the time (seed ${seed}, number ${index})`, kills }
  })
}

/** Those that a run of this scale takes: some by the fixed seed, as many by the fresh one. */
export function chosenScenarios(passings: Passings): KillScenario[] {
  const faults = faultScenarios(passings)
  const count = scale(faults.length, 2)
  const chosen =
    count === faults.length ? faults : [FIXED_SEED, FRESH_SEED].flatMap((seed) => sample(faults, count / 2, seed))
  const moments = scale(30, 2) / 2
  return [...new Set(chosen), ...[FIXED_SEED, FRESH_SEED].flatMap((seed) => randomScenarios(Math.ceil(moments), seed))]
}

function sample<T>(values: readonly T[], count: number, seed: number): T[] {
  const random = randomOf(seed)
  const left = [...values]
  return Array.from({ length: Math.ceil(count) }, () => left.splice(Math.floor(random() * left.length), 1)[0]!)
}

function randomOf(seed: number): () => number {
  return seededRandom(`kills/${seed}`)
}
