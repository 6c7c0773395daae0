/** Bookings and events into Kafka, in Avro with a registry that is a server, through the transactions job, and out again. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { UserActionEvent } from '../../../jobs/medallion/schemas.ts'
import { type SimulatedTransaction, simulateTransactions } from '../../../jobs/transactions/simulate.ts'
import { openEventProducer } from '../../../runtime/producer/index.ts'
import { avro } from '../../../topology/format.ts'
import { topic } from '../../../topology/topic.ts'
import { cli } from '../../runtime/cli/cli-harness.ts'
import { startJob } from '../../support/medallion.ts'
import { ROOT } from '../../support/run-process.ts'
import { FRESH_SEED } from '../../support/scale.ts'
import { type Apicurio, startApicurio } from '../registry/apicurio.ts'
import { type AvroValue, avroValues, unscaled } from './avro-values.ts'
import { type Broker, startBroker } from './broker.ts'

const JOB = 'jobs/transactions/job.ts'
const JOB_V2 = 'test/runtime/cli/transactions-v2-job.ts'
const dataDir = mkdtempSync(join(tmpdir(), 'sluice-kafka-transactions-'))

let broker: Broker
let apicurio: Apicurio
beforeAll(async () => {
  ;[broker, apicurio] = await Promise.all([startBroker(), startApicurio()])
})
afterAll(async () => {
  await Promise.all([broker?.[Symbol.asyncDispose](), apicurio?.[Symbol.asyncDispose]()])
  rmSync(dataDir, { recursive: true })
})

test(`published in Avro, from one schema to the next, and each in the output once (seed ${FRESH_SEED})`, async () => {
  const env = { KAFKA_BOOTSTRAP_SERVERS: broker.bootstrapServers.join(','), SCHEMA_REGISTRY_URL: apicurio.url }
  const run = (args: readonly string[], stdin = '') =>
    cli([...args, '--data-dir', dataDir, '--format', 'json'], { cwd: ROOT, env, stdin })
  const publish = async (lines: readonly string[], ...options: string[]) =>
    JSON.parse((await run(['publish', 'raw-transactions', '-', ...options], lines.join('\n'))).stdout)

  const sent = [...simulateTransactions({ transactions: 3_000, seed: FRESH_SEED })].map(({ line }) => line)
  const [fit, dirt] = [sent.filter(isJson), sent.filter((line) => !isJson(line))]
  const later = { ...JSON.parse(fit.at(-1)!), transaction_id: 'T-later', kind: 'fee' }
  expect(await publish(sent, '--job', JOB)).toMatchObject({ published: fit.length, rejected: dirt.length })
  expect(await publish([JSON.stringify({ ...later, channel: 'web' })], '--job', JOB_V2)).toMatchObject({ published: 1 })
  expect(await publish(dirt, '--raw')).toMatchObject({ published: dirt.length })

  const inTopic = await read('raw-transactions')
  expect(inTopic.filter(({ value }) => value === undefined).length).toBe(dirt.length)
  const published = [...fit.map((line) => JSON.parse(line) as SimulatedTransaction), later]
  expect(inTopic.flatMap(asSent).sort()).toEqual(published.map(asText).sort())
  expect(inTopic.filter(({ value }) => value?.['channel'] === 'web').length).toBe(1)

  const job = await startJob(JOB, dataDir, ['--until', 'latest', '--drain', '--parallelism', '2'], {
    env: { ...env, CHECKPOINT_INTERVAL: '500ms' },
  }).ended
  expect(job.code, job.stderr).toBe(0)

  const valid = published.filter(({ kind, amount }) => kind !== 'gift' && Number(amount) >= 0)
  const once = [...new Map(valid.map((each) => [each.transaction_id, each])).values()]
  expect((await read('silver-transactions')).flatMap(asSent).sort()).toEqual(once.map(asText).sort())
  const counts = [
    'bronze.transactions',
    'silver.transactions',
    'quarantine.transactions',
    'quarantine.late_transactions',
  ]
  const sql = counts.map((table) => `(SELECT count(*) FROM ${table})`).join(', ')
  const [row] = JSON.parse((await run(['sql', `SELECT ${sql}`])).stdout).rows
  expect(row.map(Number)).toEqual([inTopic.length, once.length, inTopic.length - valid.length, 0])
})

test("an application's events in Avro are what others decode, by the key that the topic declares", async () => {
  const env = { KAFKA_BOOTSTRAP_SERVERS: broker.bootstrapServers.join(','), SCHEMA_REGISTRY_URL: apicurio.url }
  const shopEvents = topic('shop-events', UserActionEvent, { format: avro(), partitions: 2, key: 'event_id' })
  const users = Array.from({ length: 100 }, (_, n) => `u${n}`)
  {
    await using producer = await openEventProducer({
      topic: shopEvents,
      schema: UserActionEvent,
      sourceSystem: 'shop',
      env,
      cwd: dataDir,
    })
    const publish = (user_id: string) =>
      producer.publish({ event_type: 'user_action', payload: { user_id, action: 'view' } })
    await Promise.all(users.map(publish))
  }
  const events = await read('shop-events')
  expect(events.map(({ value }) => (value!['payload'] as { user_id: string }).user_id).sort()).toEqual(users.sort())
  expect(events.every(({ key, value }) => key === value?.['event_id'])).toBe(true)
})

function read(topic: string): Promise<readonly AvroValue[]> {
  return avroValues({ topic, bootstrapServers: broker.bootstrapServers, registryUrl: apicurio.url })
}

function isJson(line: string): boolean {
  return line.endsWith('}')
}

function asText({ transaction_id, account_id, kind, amount, currency, booked_at }: SimulatedTransaction): string {
  const cents = Math.round(100 * Number(amount))
  return JSON.stringify([account_id, transaction_id, account_id, kind, cents, currency, Date.parse(booked_at)])
}

function asSent({ key, value }: AvroValue): string[] {
  if (value === undefined) return []
  const { transaction_id, account_id, kind, amount, currency, booked_at } = value
  const cents = Number(unscaled(amount as Uint8Array))
  return [JSON.stringify([key, transaction_id, account_id, kind, cents, currency, Number(booked_at) / 1000])]
}
