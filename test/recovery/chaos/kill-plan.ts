/** Two hundred SIGKILLs for one job of several processes: some at every fault point, as many at random moments. */
import { seededRandom } from '../../../jobs/medallion/simulator/random.ts'
import { FAULT_POINTS, type FaultPoint } from '../../../runtime/fault-point.ts'

export type Role = 'coordinator' | 'worker'

/** Of the process that is first to pass a fault point. */
export interface FaultKill {
  readonly at: FaultPoint
}

/** Of one of the job's processes, at a random moment. */
export interface RandomKill {
  readonly at: 'random'
  readonly role: Role
  readonly delayMs: number
  /** Not even a checkpoint is waited for. */
  readonly soon: boolean
}

export type Kill = FaultKill | RandomKill

/** What the plan holds in all. */
export const KILLS = 200
const PER_FAULT_POINT = 4
const MAX_DELAY_MS = 800

/** The job reads from the log and writes to none. */
export const CHAOS_FAULT_POINTS = (Object.keys(FAULT_POINTS) as FaultPoint[]).filter(
  (name) => !/^(log|file|http|kafka-sink|postgres)\./.test(name),
)

/** Passed while an attempt begins: a kill there comes on top of the kill that made it begin. */
export function isPassedInRecovery(name: Kill['at']): boolean {
  return /^(restore|restart|worker)\./.test(name)
}

/** The first `count` kills of the plan that a seed gives. */
export function killPlan(count: number, seed: number): readonly Kill[] {
  const random = seededRandom(`chaos/${seed}`)
  const faults = CHAOS_FAULT_POINTS.flatMap((at) => Array.from({ length: PER_FAULT_POINT }, (): FaultKill => ({ at })))
  const moments = KILLS - faults.length
  const groups = faults.map((fault): Kill[] =>
    // The job runs by then: what it would pass while it still recovers is for the attempt that follows.
    isPassedInRecovery(fault.at)
      ? [{ ...randomKill(random, provokerOf(fault.at, random)), soon: false }, fault]
      : [fault],
  )
  const used = groups.flat().filter(({ at }) => at === 'random').length
  for (let n = used; n < moments; n++) groups.push([randomKill(random, random() < 0.6 ? 'worker' : 'coordinator')])
  return shuffled(groups, random).flat().slice(0, count)
}

/** Only the coordinator that survives a failure restarts in place. */
function provokerOf(name: FaultPoint, random: () => number): Role {
  return name.startsWith('restart.') || random() < 0.5 ? 'worker' : 'coordinator'
}

function randomKill(random: () => number, role: Role): RandomKill {
  return { at: 'random', role, delayMs: Math.floor(random() * MAX_DELAY_MS), soon: random() < 0.15 }
}

export function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const left = [...values]
  return values.map(() => left.splice(Math.floor(random() * left.length), 1)[0]!)
}
