/** How much a vertex is held back by what comes after it, derived from how its subtasks spend their time. */
import * as z from 'zod'
import type { SubtaskDetail } from '../../topology/contract/job-detail.ts'
import { components } from './schemas.ts'

const Level = z.enum(['ok', 'low', 'high']).register(components, { id: 'BackpressureLevel' })
const ratio = z.number().min(0).max(1)

export const Backpressure = z
  .object({
    /** The highest of its subtasks. */
    level: Level,
    subtasks: z.array(
      z.object({ index: z.int(), level: Level, backpressuredRatio: ratio, busyRatio: ratio, idleRatio: ratio }),
    ),
  })
  .register(components, { id: 'Backpressure' })

export type Backpressure = z.output<typeof Backpressure>

/** Flink's levels: up to a tenth of the time is ok, up to a half is low. */
export function backpressureOf(subtasks: readonly SubtaskDetail[]): Backpressure {
  const each = subtasks.map(({ index, busyMsPerSecond, idleMsPerSecond, backpressuredMsPerSecond }) => ({
    index,
    level: levelOf(toRatio(backpressuredMsPerSecond)),
    backpressuredRatio: toRatio(backpressuredMsPerSecond),
    busyRatio: toRatio(busyMsPerSecond),
    idleRatio: toRatio(idleMsPerSecond),
  }))
  return { level: levelOf(Math.max(0, ...each.map((subtask) => subtask.backpressuredRatio))), subtasks: each }
}

function toRatio(msPerSecond: number): number {
  return Math.min(1, msPerSecond / 1000)
}

function levelOf(backpressuredRatio: number): z.output<typeof Level> {
  if (backpressuredRatio <= 0.1) return 'ok'
  return backpressuredRatio <= 0.5 ? 'low' : 'high'
}
