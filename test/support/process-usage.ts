/** What a process and its children take of memory and CPU, from Linux' /proc. */
import { readFileSync } from 'node:fs'

export interface ProcessUsage {
  readonly rssBytes: number
  /** Of all its threads, since it began. */
  readonly cpuMs: number
  /** Of its children that have ended, and theirs. */
  readonly endedChildrenCpuMs: number
}

/** Of CPU times in /proc: Linux counts them in hundredths of a second. */
const TICK_MS = 10

/** Undefined when there is no such process. */
export function processUsage(pid: number): ProcessUsage | undefined {
  try {
    const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    // What stands in parentheses, the name, may hold anything. Behind it, fields 14 to 17 of the whole line are utime,
    // stime, cutime and cstime.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    const ticks = (field: number) => Number(stat[field - 3])
    return {
      rssBytes: Number(rss?.[1] ?? 0) * 1024,
      cpuMs: (ticks(14) + ticks(15)) * TICK_MS,
      endedChildrenCpuMs: (ticks(16) + ticks(17)) * TICK_MS,
    }
  } catch {
    return undefined
  }
}

/** CPU time of a process and of all it has started, those that have ended included. */
export function treeCpuMs(pid: number): number {
  const usage = processUsage(pid)
  if (usage === undefined) return 0
  return usage.cpuMs + usage.endedChildrenCpuMs + childrenOf(pid).reduce((sum, child) => sum + treeCpuMs(child), 0)
}

function childrenOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return children === '' ? [] : children.split(' ').map(Number)
  } catch {
    return []
  }
}
