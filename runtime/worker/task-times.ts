/** How a task spends its time: busy, waiting for input (idle), or held back by what comes after it (backpressured). */
import type { Clock } from '../../topology/contract/clock.ts'
import type { Counter, MetricScope } from '../../topology/contract/observability.ts'

export class TaskTimes {
  private readonly clock: Clock
  private readonly busy: Counter
  private readonly idle: Counter
  private readonly backpressured: Counter
  private sinceMs: number

  constructor(clock: Clock, metrics: MetricScope) {
    this.clock = clock
    this.busy = metrics.counter('busy_ms_total')
    this.idle = metrics.counter('idle_ms_total')
    this.backpressured = metrics.counter('backpressured_ms_total')
    this.sinceMs = clock.monotonicMs()
  }

  /** What led up to now was work. */
  async waitIdle(promise: Promise<unknown>): Promise<void> {
    this.lap(this.busy)
    await promise
    this.lap(this.idle)
  }

  async waitBackpressured(promise: Promise<unknown>): Promise<void> {
    this.lap(this.busy)
    await promise
    this.lap(this.backpressured)
  }

  private lap(counter: Counter): void {
    const nowMs = this.clock.monotonicMs()
    counter.add(nowMs - this.sinceMs)
    this.sinceMs = nowMs
  }
}
