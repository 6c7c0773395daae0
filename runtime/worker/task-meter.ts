/** What a task does, and how it spends its time: busy, waiting for input (idle), or held back by what comes after it. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { Counter, Gauge, MetricScope } from '../../topology/contract/observability.ts'
import type { TaskName, TaskStatus } from '../protocol/messages.ts'
import type { NodeMeter } from './node-meter.ts'

/** What only the task itself can tell: bytes so far, elements that wait now. */
type Exchanged = Pick<TaskStatus, 'bytesIn' | 'bytesOut' | 'inputQueueLength' | 'outputQueueLength'>

type Activity = 'busy' | 'idle' | 'backpressured'

export class TaskMeter {
  private readonly clock: Clock
  private readonly nodes: () => ReadonlyMap<string, NodeMeter>
  private readonly counters: Readonly<Record<Activity | 'bytesIn' | 'bytesOut', Counter>>
  private readonly gauges: Readonly<Record<Activity | 'inputQueueLength' | 'outputQueueLength', Gauge>>
  private readonly spentMs: Record<Activity, number> = { busy: 0, idle: 0, backpressured: 0 }
  private doing: Activity = 'busy'
  private sinceMs: number
  private recordsIn = 0
  /** What the last status told. */
  private told = { atMs: 0, busy: 0, idle: 0, backpressured: 0, bytesIn: 0, bytesOut: 0 }

  /** @param nodes what each node of the stage has done */
  constructor(clock: Clock, metrics: MetricScope, nodes: () => ReadonlyMap<string, NodeMeter>) {
    this.clock = clock
    this.nodes = nodes
    this.counters = {
      busy: metrics.counter('accumulate_busy_time_ms_total'),
      idle: metrics.counter('accumulate_idle_time_ms_total'),
      backpressured: metrics.counter('accumulate_back_pressured_time_ms_total'),
      bytesIn: metrics.counter('num_bytes_in_total'),
      bytesOut: metrics.counter('num_bytes_out_total'),
    }
    this.gauges = {
      busy: metrics.gauge('busy_time_ms_per_second'),
      idle: metrics.gauge('idle_time_ms_per_second'),
      backpressured: metrics.gauge('back_pressured_time_ms_per_second'),
      inputQueueLength: metrics.gauge('input_queue_length'),
      outputQueueLength: metrics.gauge('output_queue_length'),
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

  /** Also shows it as metrics: what changes with every batch is counted by plain numbers until then. */
  status(task: TaskName, exchanged: Exchanged): TaskStatus {
    this.lap()
    const rates = this.rates()
    this.show(exchanged, rates)
    const nodes = [...this.nodes()].map(([uid, { recordsIn, recordsOut, watermarkMs }]) => ({
      uid,
      recordsIn,
      recordsOut,
      watermarkMs: Number.isFinite(watermarkMs) ? watermarkMs : null,
    }))
    const { busy: busyMsPerSecond, idle: idleMsPerSecond, backpressured: backpressuredMsPerSecond } = rates
    const perSecond = { busyMsPerSecond, idleMsPerSecond, backpressuredMsPerSecond }
    return { ...task, nodes, recordsIn: this.recordsIn, ...perSecond, ...exchanged }
  }

  /** Milliseconds per second since the last status. */
  private rates(): Readonly<Record<Activity, number>> {
    const { told, spentMs, sinceMs } = this
    const seconds = Math.max(1, sinceMs - told.atMs) / 1000
    return {
      busy: (spentMs.busy - told.busy) / seconds,
      idle: (spentMs.idle - told.idle) / seconds,
      backpressured: (spentMs.backpressured - told.backpressured) / seconds,
    }
  }

  private show({ bytesIn, bytesOut, inputQueueLength, outputQueueLength }: Exchanged, rates: Record<Activity, number>) {
    const { counters, gauges, told, spentMs, sinceMs } = this
    counters.bytesIn.add(bytesIn - told.bytesIn)
    counters.bytesOut.add(bytesOut - told.bytesOut)
    this.told = { atMs: sinceMs, ...spentMs, bytesIn, bytesOut }
    gauges.busy.set(rates.busy)
    gauges.idle.set(rates.idle)
    gauges.backpressured.set(rates.backpressured)
    gauges.inputQueueLength.set(inputQueueLength)
    gauges.outputQueueLength.set(outputQueueLength)
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
