/** Measuring side by side: alternating runs, medians, CPU seconds beside wall. */
import { cpus } from 'node:os'

export interface Measurement {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What it is held against, when there is a target. */
  readonly target?: string
}

export interface Timing {
  readonly wallMs: number
  readonly cpuMs: number
}

export async function timed(fn: () => unknown): Promise<Timing> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await fn()
  const used = process.cpuUsage(cpu)
  return { wallMs: performance.now() - start, cpuMs: (used.user + used.system) / 1000 }
}

/** Runs every candidate `rounds` times in turn, after one round that is not counted; returns the medians. */
export async function sideBySide<K extends string>(
  candidates: Readonly<Record<K, () => unknown>>,
  rounds: number,
): Promise<Record<K, Timing>> {
  const names = Object.keys(candidates) as K[]
  const found = new Map<K, Timing[]>(names.map((name) => [name, []]))
  for (let round = -1; round < rounds; round++) {
    for (const name of names) {
      const timing = await timed(candidates[name])
      if (round >= 0) found.get(name)!.push(timing)
    }
  }
  return Object.fromEntries(
    names.map((name) => {
      const timings = found.get(name)!
      return [
        name,
        { wallMs: median(timings.map((each) => each.wallMs)), cpuMs: median(timings.map((each) => each.cpuMs)) },
      ]
    }),
  ) as Record<K, Timing>
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, Node ${process.versions.node}, ${process.platform} ${process.arch}`
}
