/** Metrics of workers that answer, are busy, die and are replaced: what is shown never falls. */
import { expect, it } from 'vitest'
import { WorkerMetrics } from '../../../runtime/coordinator/worker-metrics.ts'
import { type WorkerConnection, WorkerSession } from '../../../runtime/coordinator/worker-session.ts'
import { createMetrics } from '../../../runtime/observability/metrics.ts'
import { addUp, type MetricsSnapshot } from '../../../runtime/observability/metrics-snapshot.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const SUBTASK = { job: 'j', uid: 'u', subtask: '0' }

/** A worker that counts, and is asked by what the coordinator sends it. */
function worker(name: string, clock: ManualClock) {
  const metrics = createMetrics({ prefix: '', clock })
  const session = new WorkerSession(name, 0, 0)
  let asked = 0
  const connection = { send: () => asked++, onMessage() {}, onClose() {}, close() {} }
  session.connected(connection as unknown as WorkerConnection, {
    type: 'hello',
    version: 1,
    worker: name,
    token: '',
    pid: 1,
    address: '',
  })
  return { session, scope: metrics.scope(SUBTASK), snapshot: () => metrics.snapshot(), asked: () => asked }
}

async function shown(snapshots: readonly MetricsSnapshot[], name: string): Promise<readonly number[]> {
  const family = (await addUp(snapshots)).find((each) => each.name === name)
  return family?.values.map(({ value }) => value) ?? []
}

it('adds up what several workers have counted for one subtask', async () => {
  const clock = new ManualClock()
  const metrics = new WorkerMetrics(clock)
  const workers = [worker('w1', clock), worker('w2', clock)]
  for (const [index, { session, scope, snapshot }] of workers.entries()) {
    scope.counter('num_records_in_total').add(index + 1)
    metrics.received(session, await snapshot())
  }
  const collected = metrics.collect(workers.map(({ session }) => session))
  for (const { session, snapshot } of workers) metrics.received(session, await snapshot())
  expect(await shown(await collected, 'num_records_in_total')).toEqual([3])
})

it('shows what a busy worker told last, and asks it once', async () => {
  const clock = new ManualClock()
  const metrics = new WorkerMetrics(clock)
  const busy = worker('w1', clock)
  busy.scope.counter('num_records_in_total').add(5)
  metrics.received(busy.session, await busy.snapshot())
  busy.scope.counter('num_records_in_total').add(5)
  const [first, second] = [metrics.collect([busy.session]), metrics.collect([busy.session])]
  clock.advance(1_000)
  expect(await shown(await first, 'num_records_in_total')).toEqual([5])
  expect(await shown(await second, 'num_records_in_total')).toEqual([5])
  expect(busy.asked()).toBe(1)
  const third = metrics.collect([busy.session])
  metrics.received(busy.session, await busy.snapshot())
  expect(await shown(await third, 'num_records_in_total')).toEqual([10])
})

it('keeps the counters of workers that are gone, adds those of their successors, and forgets gauges', async () => {
  const clock = new ManualClock()
  const metrics = new WorkerMetrics(clock)
  let before = 0
  for (let generation = 1; generation <= 50; generation++) {
    const { session, scope, snapshot } = worker(`w${generation}`, clock)
    scope.counter('num_records_in_total').add(generation)
    scope.histogram('checkpoint_duration_seconds').observe(1)
    scope.gauge('current_input_watermark_ms').set(generation)
    metrics.received(session, await snapshot())
    // Dies while it is asked.
    const dying = metrics.collect([session])
    metrics.ended(session)
    const left = await dying
    const [count] = await shown(left, 'num_records_in_total')
    expect(count).toBe(before + generation)
    expect(await shown(left, 'current_input_watermark_ms')).toEqual([])
    expect(await shown(left, 'checkpoint_duration_seconds')).toContain(generation)
    // However many have come and gone, one snapshot is left of them.
    expect(left).toHaveLength(1)
    before = count!
  }
})
