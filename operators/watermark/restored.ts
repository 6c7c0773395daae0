/** Times that an operator kept in split state, one entry of each per subtask: `watermark/0`. */
import type { Json } from '../../topology/json.ts'

/**
 * The greatest restored time of a name, −∞ when there is none: after a rescale a subtask may take over what another had
 * judged by a later watermark, and must not take it back.
 */
export function greatestRestored(restored: ReadonlyMap<string, Json>, name: string): number {
  let greatest = Number.NEGATIVE_INFINITY
  for (const timeMs of restoredTimes(restored, name)) greatest = Math.max(greatest, timeMs)
  return greatest
}

/** The restored times of a name. */
export function restoredTimes(restored: ReadonlyMap<string, Json>, name: string): number[] {
  return [...restored].filter(([entry]) => entry.startsWith(`${name}/`)).map(([, timeMs]) => timeMs as number)
}
