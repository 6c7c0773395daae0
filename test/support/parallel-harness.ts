/** An operator in several subtasks, run by hand: rows go to the subtask that owns their key, watermarks to all. */
import { subtaskOf } from '../../runtime/state/key-group-range.ts'
import { type Key, MIN_WATERMARK_MS } from '../../topology/element.ts'
import type { Json } from '../../topology/json.ts'
import { keyGroupOf } from '../../topology/key.ts'
import type { Stream } from '../../topology/stream.ts'
import { ManualClock } from './manual-clock.ts'
import { type HarnessSnapshot, harness, KEY_GROUPS, type OperatorHarness, type Outputs } from './operator-harness.ts'

export interface ParallelHarnessOptions<T, O extends Outputs> {
  readonly build: (input: Stream<T>) => O
  readonly keyOf: (row: T) => Key
  readonly parallelism: number
  readonly restored?: HarnessSnapshot
}

export class ParallelHarness<T, O extends Outputs> {
  readonly subtasks: readonly OperatorHarness<T, O>[]
  private readonly options: ParallelHarnessOptions<T, O>

  private constructor(subtasks: readonly OperatorHarness<T, O>[], options: ParallelHarnessOptions<T, O>) {
    this.subtasks = subtasks
    this.options = options
  }

  static async open<T, O extends Outputs>(options: ParallelHarnessOptions<T, O>): Promise<ParallelHarness<T, O>> {
    const { build, parallelism, restored } = options
    const clock = new ManualClock()
    const subtasks = await Promise.all(
      Array.from({ length: parallelism }, (_, subtask) =>
        harness<T, O>(build, { clock, subtask, parallelism, ...(restored && { restored }) }),
      ),
    )
    return new ParallelHarness(subtasks, options)
  }

  /** Sends rows with their event times, `[row, timestampMs]`, each to its subtask. */
  timed(rows: readonly (readonly [T, number])[]): this {
    const { keyOf, parallelism } = this.options
    for (const [subtask, harness] of this.subtasks.entries()) {
      const own = rows.filter(
        ([row]) => subtaskOf(keyGroupOf(keyOf(row), KEY_GROUPS), parallelism, KEY_GROUPS) === subtask,
      )
      if (own.length > 0) harness.timed(own)
    }
    return this
  }

  watermark(timestampMs: number): this {
    for (const subtask of this.subtasks) subtask.watermark(timestampMs)
    return this
  }

  end(drain = false): this {
    for (const subtask of this.subtasks) subtask.end(drain)
    return this
  }

  /** All rows that left an output of any subtask so far. */
  rows(port = 'out'): unknown[] {
    return this.subtasks.flatMap((subtask) => subtask.rows(port as never) as unknown[])
  }

  /** A barrier, and a restore at another parallelism: a new run that has read nothing yet. */
  async rescale(parallelism: number): Promise<ParallelHarness<T, O>> {
    const snapshots = await Promise.all(this.subtasks.map((subtask) => subtask.snapshot()))
    return ParallelHarness.open({ ...this.options, parallelism, restored: merged(snapshots) })
  }
}

/** As a coordinator puts the snapshots of all subtasks together. */
export function merged(snapshots: readonly HarnessSnapshot[]): HarnessSnapshot {
  const split: Record<string, Record<string, Json>> = {}
  for (const snapshot of snapshots) {
    for (const [id, entries] of Object.entries(snapshot.split)) split[id] = { ...split[id], ...entries }
  }
  const watermarksMs = new Map(
    [...snapshots[0]!.watermarksMs.keys()].map((id) => [
      id,
      Math.min(...snapshots.map((snapshot) => snapshot.watermarksMs.get(id) ?? MIN_WATERMARK_MS)),
    ]),
  )
  return { keyed: snapshots.flatMap(({ keyed }) => keyed), split, watermarksMs }
}
