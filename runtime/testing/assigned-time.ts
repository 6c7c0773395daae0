/**
 * The watermark behind an operator that assigns event time: what it says itself, and how far a test has brought it. It does
 * not regress when the operator, which knows nothing of the test, says less afterwards.
 */
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import { type Element, MIN_WATERMARK_MS, type Watermark } from '../../topology/element.ts'

export class AssignedTime {
  private readonly context: OperatorContext
  private advancedMs = MIN_WATERMARK_MS

  constructor(context: OperatorContext) {
    this.context = context
  }

  /** How far a test has brought it. */
  get ms(): number {
    return this.advancedMs
  }

  /** As if a record had come that brings the watermark to `timestampMs`. */
  advance(timestampMs: number): void {
    if (timestampMs <= this.advancedMs) return
    this.advancedMs = timestampMs
    this.context.emitWatermark({ kind: 'watermark', timestampMs })
  }

  /** What the operator says of time, unless a test has said more. */
  emit(watermark: Watermark): void {
    const passed = this.passed(watermark)
    if (passed !== undefined) this.context.emitWatermark(passed)
  }

  /** `operator`, with what it forwards held against what a test has said. */
  of(operator: Operator): Operator {
    return {
      onBatch: (batch, input) => operator.onBatch(batch, input),
      onWatermark: (watermark) =>
        this.passed(operator.onWatermark === undefined ? watermark : operator.onWatermark(watermark)),
      onIdle: (idle) => this.passed(operator.onIdle === undefined ? idle : operator.onIdle(idle)),
      onEnd: (end) => operator.onEnd?.(end),
      onWake: (nowMs) => operator.onWake?.(nowMs),
      close: () => operator.close?.(),
    }
  }

  private passed<E extends Element>(element: E | undefined): E | undefined {
    return element?.kind === 'watermark' && element.timestampMs <= this.advancedMs ? undefined : element
  }
}
