/** What an operator does, one instance per subtask. Called by its chain, in order, never concurrently. */
import type { Batch, EndOfInput, Idle, Watermark } from '../element.ts'
import type { Clock } from './clock.ts'
import type { Logger, MetricScope } from './observability.ts'
import type { StateStore } from './state.ts'

export interface OperatorContext {
  readonly uid: string
  readonly subtask: number
  readonly parallelism: number
  /** Number of key groups of the job. */
  readonly keyGroups: number
  readonly state: StateStore
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: MetricScope
  /** Sends a batch out of a port: 'out', or the name of a side output. Empty batches are not sent. */
  emit(port: string, batch: Batch): void
  /**
   * Sends a watermark to every output, after the batches emitted before it: for operators that assign event time, whose
   * watermarks come from what they read. Others return theirs from `onWatermark`.
   */
  emitWatermark(watermark: Watermark): void
}

/**
 * Guarantee: elements arrive in order; a watermark arrives merged over all inputs and never regresses, also across a
 * restore; between two calls a barrier may fall, and the state is then exactly what the calls before it made of it.
 * A throw fails the attempt; the runtime restores the last checkpoint.
 */
export interface Operator {
  /** `input` counts from 0 in the order of the node's inputs. */
  onBatch(batch: Batch, input: number): void
  /**
   * Called before the watermark goes to every output. Returns what to forward: the same, another, or undefined for
   * none. Left out: the same. Watermarks of single splits (see Watermark.split) reach operators of a source's chain only.
   */
  onWatermark?(watermark: Watermark): Watermark | undefined
  /** As onWatermark. */
  onIdle?(idle: Idle): Idle | Watermark | undefined
  /** The input has ended; after a drain a watermark of +Infinity came before it. */
  onEnd?(end: EndOfInput): void
  close?(): void
}

export type OperatorFactory = (context: OperatorContext) => Operator
