/** What a worker sees of a task, and what a task tells it. */
import type { SplitState } from '../../topology/contract/source.ts'
import type { Barrier } from '../../topology/element.ts'
import type { SnapshotTimes, TaskName, TaskSnapshot, TaskStatus } from '../protocol/messages.ts'

export interface TaskListener {
  acknowledged(task: TaskName, checkpointId: bigint, snapshot: TaskSnapshot, times: SnapshotTimes): void
  /** The snapshot could not be taken; the task goes on, and what its sinks wrote stays owed. */
  declined(task: TaskName, checkpointId: bigint, error: unknown): void
  failed(task: TaskName, error: unknown): void
  /** Every split of a source has reached its bound; the source goes on answering barriers. */
  atEnd(task: TaskName): void
}

export interface Task {
  readonly name: TaskName
  /** Runs until stopped; errors go to the listener. */
  run(): Promise<void>
  /** Ends the loop after the element at hand. */
  stop(): void
  complete(checkpointId: bigint): void
  abort(checkpointId: bigint): void
  status(): TaskStatus
  close(): Promise<void>
}

export interface SourceTaskControl extends Task {
  /** Injects a barrier between two batches. */
  trigger(barrier: Barrier): void
  /** Reads these splits too. */
  assign(splits: readonly SplitState[]): void
  /** Sends Watermark(+∞) and EndOfInput. */
  drain(): void
  /** Reads no further; answers barriers. */
  halt(): void
  /** How far the slowest of each alignment group has come; null while nobody holds it back. */
  align(watermarksMs: Readonly<Record<string, number | null>>): void
}
