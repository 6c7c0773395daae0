/** How far the slowest of each alignment group has come, over all subtasks and sources of an attempt. */
import type { TaskStatus } from '../protocol/messages.ts'

/** By group, milliseconds; null while nobody holds it back. */
export type GroupWatermarks = Readonly<Record<string, number | null>>

export class GroupWatermarkTracker {
  private told = '{}'

  /** What the tasks are to be told, when it is other than the last time. */
  changed(tasks: Iterable<TaskStatus>): GroupWatermarks | undefined {
    const watermarksMs = groupWatermarks(tasks)
    const text = JSON.stringify(watermarksMs)
    if (text === this.told) return undefined
    this.told = text
    return watermarksMs
  }
}

function groupWatermarks(tasks: Iterable<TaskStatus>): GroupWatermarks {
  const slowest: Record<string, number | null> = {}
  for (const { alignment } of tasks) {
    if (alignment === undefined) continue
    const { group, watermarkMs } = alignment
    const before = slowest[group] ?? null
    slowest[group] = before === null || (watermarkMs !== null && watermarkMs < before) ? watermarkMs : before
  }
  return slowest
}
