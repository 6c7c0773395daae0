/** What a task does, and how it spends its time: busy, waiting for input (idle), or held back by what comes after it. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { Counter, MetricScope } from '../../topology/contract/observability.ts'
import type { TaskName, TaskStatus } from '../protocol/messages.ts'
import type { NodeMeter } from './node-meter.ts'

type Queues = Pick<TaskStatus, 'inputQueueLength' | 'outputQueueLength'>

export class TaskMeter {
  private readonly clock: Clock
  private readonly nodes: () => ReadonlyMap<string, NodeMeter>
  private readonly counters: { readonly busy: Counter; readonly idle: Counter; readonly backpressured: Counter }
  private readonly spentMs = { busy: 0, idle: 0, backpressured: 0 }
  private doing: keyof TaskMeter['spentMs'] = 'busy'
  private sinceMs: number
  private recordsIn = 0
  /** What the last status told. */
  private told = { atMs: 0, busy: 0, idle: 0, backpressured: 0 }

  /** @param nodes what each node of the stage has done */
  constructor(clock: Clock, metrics: MetricScope, nodes: () => ReadonlyMap<string, NodeMeter>) {
    this.clock = clock
    this.nodes = nodes
    this.counters = {
      busy: metrics.counter('busy_ms_total'),
      idle: metrics.counter('idle_ms_total'),
      backpressured: metrics.counter('backpressured_ms_total'),
    }
    this.sinceMs = clock.monotonicMs()
    this.told.atMs = this.sinceMs
  }

  /** Records that came into the task. */
  received(count: number): void {
    this.recordsIn += count
  }

  /** What led up to now was work. */
  waitIdle(promise: Promise<unknown>): Promise<void> {
    return this.wait('idle', promise)
  }

  waitBackpressured(promise: Promise<unknown>): Promise<void> {
    return this.wait('backpressured', promise)
  }

  status(task: TaskName, queues: Queues): TaskStatus {
    this.lap()
    const nodes = [...this.nodes()].map(([uid, { recordsIn, recordsOut, watermarkMs }]) => ({
      uid,
      recordsIn,
      recordsOut,
      watermarkMs: Number.isFinite(watermarkMs) ? watermarkMs : null,
    }))
    return { ...task, nodes, recordsIn: this.recordsIn, bytesIn: 0, bytesOut: 0, ...this.rates(), ...queues }
  }

  private rates() {
    const { told, spentMs, sinceMs } = this
    const seconds = Math.max(1, sinceMs - told.atMs) / 1000
    this.told = { atMs: sinceMs, ...spentMs }
    return {
      busyMsPerSecond: (spentMs.busy - told.busy) / seconds,
      idleMsPerSecond: (spentMs.idle - told.idle) / seconds,
      backpressuredMsPerSecond: (spentMs.backpressured - told.backpressured) / seconds,
    }
  }

  private async wait(doing: 'idle' | 'backpressured', promise: Promise<unknown>): Promise<void> {
    this.lap()
    this.doing = doing
    await promise
    this.lap()
    this.doing = 'busy'
  }

  /** Also in the middle of a wait: a task that has waited for an hour has not been busy for it. */
  private lap(): void {
    const nowMs = this.clock.monotonicMs()
    this.spentMs[this.doing] += nowMs - this.sinceMs
    this.counters[this.doing].add(nowMs - this.sinceMs)
    this.sinceMs = nowMs
  }
}
