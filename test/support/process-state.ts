/** Whether processes that are none of our own children run, are stopped, or are gone. */
import { spawnSync } from 'node:child_process'

/** Neither ended nor a corpse that nobody has buried. */
export function isAlive(pid: number): boolean {
  return !['', 'Z'].includes(stateOf(pid))
}

/** By SIGSTOP. */
export function isStopped(pid: number): boolean {
  return stateOf(pid) === 'T'
}

/** The first letter of what ps says: R, S, D, T, Z …; empty when there is no such process. */
function stateOf(pid: number): string {
  return spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
    .stdout.trim()
    .slice(0, 1)
}
