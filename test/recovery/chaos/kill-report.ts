/** What is said of each kill, and of all of them. */
import { CHAOS_FAULT_POINTS, type Kill, type Role } from './kill-plan.ts'

export interface KillRecord {
  readonly number: number
  readonly at: Kill['at']
  readonly role: Role
  readonly pid: number
  /** Read by the sources and in no complete checkpoint, when the process died. */
  readonly recordsInFlight: number
  /** Completed since the kill before. */
  readonly checkpoints: number
}

export interface KillTotals {
  readonly kills: number
  readonly withRecordsInFlight: number
  readonly withNewCheckpoint: number
  readonly coordinators: number
  readonly random: number
  /** Of the fault point with the fewest. */
  readonly leastAtFaultPoint: number
}

export function totalsOf(records: readonly KillRecord[]): KillTotals {
  const count = (test: (record: KillRecord) => boolean) => records.filter(test).length
  return {
    kills: records.length,
    withRecordsInFlight: count(({ recordsInFlight }) => recordsInFlight > 0),
    withNewCheckpoint: count(({ checkpoints }) => checkpoints > 0),
    coordinators: count(({ role }) => role === 'coordinator'),
    random: count(({ at }) => at === 'random'),
    leastAtFaultPoint: Math.min(...CHAOS_FAULT_POINTS.map((name) => count(({ at }) => at === name))),
  }
}

export function printKill({ number, at, role, pid, recordsInFlight, checkpoints }: KillRecord): string {
  return (
    `kill ${String(number).padStart(3)}  ${at.padEnd(30)} ${role.padEnd(11)} ${String(pid).padStart(7)}  ` +
    `${String(recordsInFlight).padStart(5)} records in flight, ${checkpoints} checkpoints since the kill before`
  )
}

export function printTotals(totals: KillTotals): string {
  return (
    `${totals.kills} kills, ${totals.random} of them at random moments, ${totals.coordinators} of the coordinator; ` +
    `${totals.withRecordsInFlight} with records in flight, ${totals.withNewCheckpoint} with a new checkpoint before; ` +
    `at each fault point at least ${totals.leastAtFaultPoint}`
  )
}
