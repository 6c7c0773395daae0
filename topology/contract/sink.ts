/** A two-phase sink: writers make committables durable at the barrier, one committer applies them after completion. */
import type { Batch } from '../element.ts'
import type { Json } from '../json.ts'
import type { Clock } from './clock.ts'
import type { Logger, MetricScope } from './observability.ts'

/** What a writer hands to the committer: plain JSON, since it lives in the checkpoint's manifest. */
export type Committable = Json

export interface WriterContext {
  readonly job: string
  readonly uid: string
  readonly subtask: number
  readonly epoch: bigint
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: MetricScope
}

export interface SinkWriter<T = any> {
  /** Takes the batch. A promise means: full; call again once it has resolved. Rows are never changed. */
  write(batch: Batch<T>): void | Promise<void>
  /**
   * Barrier `checkpointId` has arrived. Everything written before this call belongs to the checkpoint; the cut is made
   * synchronously, and writes may go on before the promise resolves. It resolves once the committables are durable:
   * after a crash a committer must be able to apply them without this writer.
   */
  prepareCommit(checkpointId: bigint): Promise<readonly Committable[]>
  /** Drops what is not prepared. */
  close(): Promise<void>
}

export interface CommitterContext {
  readonly job: string
  readonly uid: string
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: MetricScope
}

/** One checkpoint's worth of a sink's output. */
export interface CommitRequest {
  /** The epoch of the attempt that commits now. */
  readonly epoch: bigint
  /** The epoch of the attempt that took the checkpoint: with `checkpointId` it names the interval's output. */
  readonly checkpointEpoch: bigint
  readonly checkpointId: bigint
  /** The sink's watermark at the barrier, or undefined when it had none. */
  readonly watermarkMs: number | undefined
  readonly committables: readonly Committable[]
}

export interface FenceRequest {
  /** The epoch of the attempt that begins. */
  readonly epoch: bigint
  /** What the restored checkpoint still owes; undefined at a job's very first start. */
  readonly restored: CommitRequest | undefined
  /**
   * Take back what was committed after `restored` (a table goes back to that checkpoint's snapshot). Without it, a sink
   * that has committed output later than `restored` refuses with `REWIND_REFUSED`; one that was only fenced since does
   * not, as by an attempt that a crash kept from going on. Even with it, a sink refuses when somebody else has written
   * since.
   */
  readonly allowRewind: boolean
}

/**
 * Applies committables. Applying twice is harmless. A lost reply is unknown, never a failure: look before you repeat.
 */
export interface SinkCommitter {
  /**
   * Before any source of a new epoch starts: shuts out every older attempt and commits what `restored` owes.
   * @throws {SluiceError} `FENCED` when a newer epoch has been here, `REWIND_REFUSED` as `allowRewind` says.
   */
  fence(request: FenceRequest): Promise<void>
  /** Checkpoint complete. @throws {SluiceError} `FENCED` when a newer epoch has been here. */
  commit(request: CommitRequest): Promise<void>
  /** What is under way and waits for somebody else gives up. */
  close(): Promise<void>
}

export interface Sink {
  createWriter(context: WriterContext): Promise<SinkWriter>
  createCommitter(context: CommitterContext): Promise<SinkCommitter>
  close(): Promise<void>
}
