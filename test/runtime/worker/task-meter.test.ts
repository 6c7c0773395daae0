/** How a task spends its time, and what it exchanges, as metrics and as status. */
import { expect, it } from 'vitest'
import { createMetrics } from '../../../runtime/observability/metrics.ts'
import { AttemptMetrics } from '../../../runtime/worker/attempt-metrics.ts'
import { TaskMeter } from '../../../runtime/worker/task-meter.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const QUEUES = { inputQueueLength: 0, outputQueueLength: 0 }

function setUp() {
  const clock = new ManualClock()
  const metrics = createMetrics({ prefix: '', clock })
  const attempt = () => {
    const own = new AttemptMetrics((labels) => metrics.scope({ job: 'j', ...labels }))
    return { own, meter: new TaskMeter(clock, own.scope({ uid: 'u', subtask: '0' }), () => new Map()) }
  }
  const value = async (name: string) => (await metrics.values('j')).find((sample) => sample.name === name)?.value
  return { clock, attempt, value }
}

it('tells busy, idle and backpressured milliseconds per second, also in the middle of a wait', async () => {
  const { clock, attempt, value } = setUp()
  const { meter } = attempt()
  clock.advance(500)
  const { promise, resolve } = Promise.withResolvers<void>()
  const idle = meter.waitIdle(promise)
  clock.advance(1_000)
  resolve()
  await idle
  const held = Promise.withResolvers<void>()
  const waiting = meter.waitBackpressured(held.promise)
  clock.advance(500)
  const task = { stage: 'u', subtask: 0 }
  const status = meter.status(task, { bytesIn: 100, bytesOut: 50, inputQueueLength: 3, outputQueueLength: 4 })
  expect(status).toMatchObject({
    busyMsPerSecond: 250,
    idleMsPerSecond: 500,
    backpressuredMsPerSecond: 250,
    bytesIn: 100,
    bytesOut: 50,
  })
  expect(await value('busy_time_ms_per_second')).toBe(250)
  expect(await value('idle_time_ms_per_second')).toBe(500)
  expect(await value('back_pressured_time_ms_per_second')).toBe(250)
  expect(await value('input_queue_length')).toBe(3)
  expect(await value('output_queue_length')).toBe(4)
  clock.advance(2_000)
  expect(meter.status(task, { bytesIn: 130, bytesOut: 50, ...QUEUES }).backpressuredMsPerSecond).toBe(1_000)
  expect(await value('accumulate_back_pressured_time_ms_total')).toBe(2_500)
  expect(await value('num_bytes_in_total')).toBe(130)
  expect(await value('num_bytes_out_total')).toBe(50)
  held.resolve()
  await waiting
})

it('goes on counting in the next attempt, and shows no gauge between the two', async () => {
  const { clock, attempt, value } = setUp()
  const first = attempt()
  clock.advance(1_000)
  first.meter.status({ stage: 'u', subtask: 0 }, { bytesIn: 100, bytesOut: 0, ...QUEUES })
  first.own.end()
  expect(await value('busy_time_ms_per_second')).toBeUndefined()
  expect(await value('num_bytes_in_total')).toBe(100)
  const second = attempt()
  clock.advance(1_000)
  second.meter.status({ stage: 'u', subtask: 0 }, { bytesIn: 7, bytesOut: 0, ...QUEUES })
  expect(await value('busy_time_ms_per_second')).toBe(1_000)
  expect(await value('num_bytes_in_total')).toBe(107)
})
