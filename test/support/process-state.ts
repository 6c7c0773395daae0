/** Whether processes that are none of our own children run, are stopped, or are gone. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** Neither ended nor a corpse that nobody has buried. */
export function isAlive(pid: number): boolean {
  return !['', 'Z', 'X'].includes(stateOf(pid))
}

/** By SIGSTOP. */
export function isStopped(pid: number): boolean {
  return stateOf(pid) === 'T'
}

/** The letter that stands for its state: R, S, D, T, Z …; empty when there is no such process. */
function stateOf(pid: number): string {
  if (existsSync('/proc/self/stat')) return linuxStateOf(pid)
  return spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
    .stdout.trim()
    .slice(0, 1)
}

/** The third field of /proc/<pid>/stat, behind the name in parentheses. */
function linuxStateOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.charAt(stat.lastIndexOf(')') + 2)
  } catch {
    return ''
  }
}
