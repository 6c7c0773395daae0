/** What the coordinator sees of a task, and what a task tells it: the messages of the checkpoint protocol. */
import type { SplitState } from '../../topology/contract/source.ts'
import type { StageSnapshot } from '../../topology/contract/stage.ts'
import type { Barrier } from '../../topology/element.ts'

export interface TaskSnapshot {
  readonly stage: StageSnapshot
  /** Positions of a source's splits at the barrier. */
  readonly splits?: readonly SplitState[]
}

export interface TaskListener {
  acknowledged(stageId: string, checkpointId: bigint, snapshot: TaskSnapshot): void
  failed(stageId: string, error: unknown): void
  /** Every split of a source has reached its bound; the source goes on answering barriers. */
  atEnd(stageId: string): void
}

export interface Task {
  readonly stageId: string
  /** Runs until stopped; errors go to the listener. */
  run(): Promise<void>
  /** Ends the loop after the element at hand. */
  stop(): void
  close(): Promise<void>
}

export interface SourceTaskControl extends Task {
  /** Injects a barrier between two batches. */
  trigger(barrier: Barrier): void
  /** Sends Watermark(+∞) and EndOfInput. */
  drain(): void
  /** Reads no further; answers barriers. */
  halt(): void
}
