/** Topics as code: what a job declares, made, shown and changed on a real broker, which is asked itself what it has. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runProcess } from '../../support/run-process.ts'
import { type Broker, startBroker } from './broker.ts'

const JOB = 'test/integration/kafka/topics-job.ts'
const DAY_MS = 86_400_000

const directory = mkdtempSync(join(tmpdir(), 'sluice-topics-'))
let broker: Broker
beforeAll(async () => {
  broker = await startBroker()
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})

type Declared = Readonly<Record<string, object>>

function topics(args: readonly string[], declared: Declared = {}) {
  return runProcess('runtime/cli/bin.js', ['topics', ...args, '--data-dir', directory], {
    env: { KAFKA_BOOTSTRAP_SERVERS: broker.bootstrapServers.join(), DECLARED: JSON.stringify(declared) },
  })
}

async function json(args: readonly string[], declared?: Declared) {
  const { stdout, stderr } = await topics([...args, '--format', 'json'], declared)
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

/** As the broker's own tool tells it. */
async function onBroker(topic: string): Promise<string> {
  const tool = '/opt/kafka/bin/kafka-topics.sh'
  const { stdout } = await broker.container.exec([
    ...[tool, '--bootstrap-server', 'localhost:19092', '--describe', '--topic', topic],
  ])
  return stdout.split('\n', 1)[0]!
}

test('are made as they are declared, and are listed', async () => {
  const declared = {
    orders: { partitions: 3, retention: 7 * DAY_MS },
    newest: { partitions: 2, cleanupPolicy: 'compact', key: 'id', replicationFactor: 1 },
    both: { cleanupPolicy: 'compact,delete', retention: DAY_MS, key: 'id' },
  }
  const made = await topics(['create', JOB], declared)
  expect(made, made.stderr).toMatchObject({ code: 0, stdout: 'orders is made\nnewest is made\nboth is made\n' })
  expect((await topics(['create', JOB], declared)).stdout).toBe(
    'orders is there already\nnewest is there already\nboth is there already\n',
  )
  expect(await onBroker('orders')).toMatch(/PartitionCount: 3\s.*retention.ms=604800000/)
  expect(await onBroker('newest')).toMatch(
    /PartitionCount: 2\s+ReplicationFactor: 1\s.*cleanup.policy=compact(?!,delete)/,
  )
  expect(await onBroker('both')).toMatch(/PartitionCount: 4\s.*cleanup.policy=compact,delete.*retention.ms=86400000/)
  expect(await json(['list'])).toMatchObject([
    { topic: 'both', cleanupPolicy: 'compact,delete', retentionMs: DAY_MS },
    { topic: 'newest', cleanupPolicy: 'compact', replicationFactor: 1, partitions: [{}, {}] },
    { topic: 'orders', cleanupPolicy: 'delete', retentionMs: 7 * DAY_MS, partitions: [{}, {}, {}] },
  ])
})

test('show what differs before it is changed, and are changed when that is agreed to', async () => {
  const before = await onBroker('orders')
  const declared = {
    orders: { partitions: 6, retention: 90 * DAY_MS, cleanupPolicy: 'compact', key: 'id' },
    newest: {},
  }
  const drift = [
    { option: 'partitions', declared: 6, actual: 3 },
    { option: 'retentionMs', declared: 90 * DAY_MS, actual: 7 * DAY_MS },
    { option: 'cleanupPolicy', declared: 'compact', actual: 'delete' },
  ]
  expect(await json(['describe', JOB], declared)).toMatchObject([
    { topic: 'orders', drift },
    { topic: 'newest', drift: [] },
  ])
  expect((await topics(['create', JOB], declared)).stdout).toMatch(/^orders\s+partitions\s+3\s+6$/m)

  const shown = await topics(['alter', JOB], declared)
  expect(shown).toMatchObject({ code: 1, stderr: 'Nothing was changed: --yes changes it.\n' })
  expect(shown.stdout).toMatch(
    /^orders\s+partitions\s+3\s+6\norders\s+retention\s+7d\s+90d\norders\s+cleanup policy\s+delete\s+compact\n/m,
  )
  expect(await onBroker('orders')).toBe(before)

  expect(await topics(['alter', JOB, '--yes'], declared)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('orders changed'),
  })
  expect(await onBroker('orders')).toMatch(
    /PartitionCount: 6\s.*cleanup.policy=compact(?!,delete).*retention.ms=7776000000/,
  )
  expect(await topics(['alter', JOB], declared)).toMatchObject({
    code: 0,
    stdout: 'Nothing differs from what is declared.\n',
  })
})

test('are made and changed one by one, and keep what is not named', async () => {
  const options = ['--partitions', '1', '--retention', '2d', '--cleanup-policy', 'delete', '--replication-factor', '1']
  expect(await json(['create', 'single', ...options])).toEqual([{ topic: 'single', created: true, drift: [] }])
  expect(await json(['alter', 'single', '--retention', 'forever', '--yes'])).toMatchObject([{ altered: true }])
  expect(await onBroker('single')).toMatch(/PartitionCount: 1\s.*cleanup.policy=delete.*retention.ms=-1/)
  const { stdout } = await topics(['describe', 'single'])
  expect(stdout).toMatch(/^single: 1 partitions, 1 copies, kept forever \(delete\)$/m)
})
