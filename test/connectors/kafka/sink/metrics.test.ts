import { expect, test } from 'vitest'
import { createMetrics } from '../../../../runtime/observability/metrics.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { type TestSinkOptions, testCluster } from './setup.ts'

/** The sink, and its metrics as a user sees them: by name, with what tells the samples of one apart. */
function measured(options: TestSinkOptions = {}) {
  const metrics = createMetrics({ prefix: '', clock: new ManualClock() })
  const cluster = testCluster({ set: { sinkShards: 2 }, ...options, metrics: metrics.scope({ job: 'job' }) })
  const values = async () => {
    const samples = (await metrics.values('job')).filter(({ labels }) => labels['topic'] === 'out')
    return Object.fromEntries(
      samples.map(({ name, labels, value }) => [`${name} ${labels['outcome'] ?? ''}`.trim(), value]),
    )
  }
  return { ...cluster, values }
}

test('a sink tells what it has sent, how its transactions ended, and what waits', async () => {
  const { begin, kafka, values } = measured()
  const { committer, prepare } = await begin(1n)
  expect(await values()).toMatchObject({ 'transactions_total committed': 2 })
  const request = await prepare(1n, 'a=1', 'b=1', 'c=1', 'd=1', 'e=1')
  expect(await values()).toMatchObject({ sink_files_total: 1, sink_prepare_duration_seconds_count: 1 })
  kafka.network.next('end-transaction', 'reply-lost')
  await committer.commit(request)
  expect(await values()).toMatchObject({
    num_records_send_total: 5,
    num_bytes_send_total: expect.toSatisfy((bytes: number) => bytes > 5 * 3),
    'transactions_total committed': 3,
    'transactions_total unknown': 1,
    commit_duration_seconds_count: 1,
    pending_committables: 0,
  })
})

test('what waits stays to be seen while the cluster is away', async () => {
  const { begin, kafka, clock, values } = measured({ set: { sinkShards: 1 } })
  const { committer, prepare } = await begin(1n)
  kafka.network.next('end-transaction', 'lost', { times: 100 })
  const committed = expect(committer.commit(await prepare(1n, 'a=1'))).rejects.toThrow()
  for (let i = 0; i < 100; i++) {
    await clock.turn()
    clock.advance(10_000)
  }
  await committed
  expect(await values()).toMatchObject({ pending_committables: 1, 'transactions_total unknown': 10 })
})

test('a zombie is fenced', async () => {
  const { begin, values } = measured({ set: { sinkShards: 1 } })
  const zombie = await begin(1n)
  const late = await zombie.prepare(1n, 'a=late')
  await begin(2n)
  await expect(zombie.committer.commit(late)).rejects.toMatchObject({ code: 'FENCED' })
  expect(await values()).toMatchObject({ 'transactions_total fenced': 1 })
})

test('a sink that is at least once tells what it has sent', async () => {
  const { begin, values } = measured({ set: { delivery: 'at-least-once' } })
  const { prepare } = await begin(1n)
  await prepare(1n, 'a=1', 'b=1')
  expect(await values()).toMatchObject({ num_records_send_total: 2 })
})
