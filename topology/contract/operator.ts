/** What an operator does, one instance per subtask. Called by its chain, in order, never concurrently. */
import type { Batch, EndOfInput, Idle, Watermark } from '../element.ts'
import type { Clock } from './clock.ts'
import type { Logger, MetricScope } from './observability.ts'
import type { SerdeSystem } from './serde.ts'
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
  /** For formats whose schemas are in a registry. */
  readonly serdes: SerdeSystem
  /** Sends a batch out of a port: 'out', or the name of a side output. Empty batches are not sent. */
  emit(port: string, batch: Batch): void
  /** Whether the job reads a port. */
  hasReader(port: string): boolean
  /**
   * Sends a watermark to every output, after the batches emitted before it: for operators that assign event time, whose
   * watermarks come from what they read. Others return theirs from `onWatermark`.
   */
  emitWatermark(watermark: Watermark): void
  /** As emitWatermark, for operators that have held an idleness back. */
  emitIdle(idle: Idle): void
  /** In a source's chain: how far a split has come in event time, milliseconds, for who aligns it with others. */
  reportSplit(split: number, watermarkMs: number): void
  /**
   * Asks for a call of `onWake` in the operator's own turn, between two elements: at `atMs` of processing time (`clock`), or
   * at once. One call is owed at a time, for the earliest moment that was asked for; none outlives the attempt.
   */
  wake(atMs?: number): void
  /**
   * The operator is full: no further batch or control element comes before `until` has resolved. Calls of `onWake` do.
   */
  hold(until: Promise<void>): void
}

/**
 * Guarantee: elements arrive in order; a watermark arrives merged over all inputs and never regresses, also across a
 * restore; between two calls a barrier may fall, and the state is then exactly what the calls before it made of it.
 * A throw fails the attempt; the runtime restores the last checkpoint. What the operator itself has begun (a timer, a
 * promise) must not emit or touch state when it ends: it calls `wake`, and does so in `onWake`.
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
  /**
   * The input has ended; after a drain a watermark of +Infinity came before it. With a promise the end goes on once it has
   * resolved, for who has something left to emit in `onWake`.
   */
  onEnd?(end: EndOfInput): void | Promise<void>
  /** What `wake` asked for: the moment has come, or passed. May emit, and touch state that is not of a key. */
  onWake?(nowMs: number): void
  close?(): void
}

export type OperatorFactory = (context: OperatorContext) => Operator
