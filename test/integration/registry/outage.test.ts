/** The schema registry stands still for a minute under a job from Kafka to Kafka that meets a new schema meanwhile. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openConnections } from '../../../runtime/compose/index.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { serializerOf } from '../../../topology/serde.ts'
import type { Topic } from '../../../topology/topic.ts'
import { configOf } from '../../support/medallion.ts'
import { until } from '../../support/run-process.ts'
import { submitJob } from '../../support/running-job.ts'
import { scale } from '../../support/scale.ts'
import { recordingLogger } from '../../support/silent.ts'
import { type Broker, startBroker } from '../kafka/broker.ts'
import { consumeByConsole } from '../kafka/console-consumer.ts'
import { type Apicurio, startApicurio } from './apicurio.ts'
import { COPIED, NewerOrder, Order, ordersOf, PARTITIONS } from './orders.ts'

const OUTAGE_MS = scale(60_000, 6_000)
/** Of each of three parts: before the outage, in its midst, and after it. */
const RECORDS = scale(20_000, 2_000)

let broker: Broker
let apicurio: Apicurio
const dataDir = mkdtempSync(join(tmpdir(), 'sluice-registry-'))
beforeAll(async () => {
  ;[broker, apicurio] = await Promise.all([startBroker(), startApicurio()])
})
afterAll(async () => {
  await apicurio?.[Symbol.asyncDispose]()
  await broker?.[Symbol.asyncDispose]()
  rmSync(dataDir, { recursive: true })
})

test(`waits for ${OUTAGE_MS} ms, says so, and goes on`, async () => {
  const env = {
    KAFKA_BOOTSTRAP_SERVERS: broker.bootstrapServers.join(),
    SCHEMA_REGISTRY_URL: apicurio.url,
    LOG_LEVEL: 'info',
  }
  const context = { clock: systemClock, logger: recordingLogger() }
  await using application = await openConnections(configOf(dataDir, env), context).then((opened) => ({
    ...opened,
    [Symbol.asyncDispose]: opened.close,
  }))
  const encode = async <T>(topic: Topic<T>, rows: readonly T[]) => {
    const serializer = serializerOf(topic, application.serdes)
    await serializer.prepare?.()
    return rows.map((row) => serializer.encode(row))
  }
  const append = (values: readonly Uint8Array[]) =>
    application.topics.append(
      'orders',
      values.map((value) => ({ key: null, value })),
      'all',
    )
  const part = (n: number) => Array.from({ length: RECORDS }, (_, i) => ({ id: BigInt(n * RECORDS + i) }))
  const [first, second, third] = [
    await encode(ordersOf(Order), part(0)),
    await encode(
      ordersOf(NewerOrder),
      part(1).map((order) => ({ ...order, coupon: 'x' })),
    ),
    await encode(ordersOf(Order), part(2)),
  ]
  await application.topics.ensureTopic('orders', { partitions: PARTITIONS })
  await append(first)

  const args = ['--checkpoint-interval', '200ms']
  const job = await submitJob({
    ...{ file: 'test/integration/registry/copy-job.ts', name: 'registry-copy', dataDir, parallelism: 2, workers: 1 },
    ...{ args, env },
  })
  try {
    const copied = async () =>
      (await application.topics.describeTopics([COPIED]))[0]?.partitions.reduce(
        (sum, { latestOffset }) => sum + Number(latestOffset),
        0,
      ) ?? 0
    await until('the first part is copied', async () => (await copied()) >= RECORDS)

    await apicurio.pause()
    const startedMs = performance.now()
    await append(second)
    await until('the job says that it waits', () => events(job.process.stderr(), 'registry-unavailable').length > 0)
    const saidMs = performance.now() - startedMs
    await until(
      'the outage is over',
      async () => {
        const { state, restarts } = await job.detail()
        expect({ state, restarts }).toEqual({ state: 'RUNNING', restarts: 0 })
        return performance.now() - startedMs >= OUTAGE_MS
      },
      OUTAGE_MS + 60_000,
    )
    expect(await copied()).toBeLessThan(2 * RECORDS)
    await apicurio.resume()
    const resumedMs = performance.now()
    await append(third)
    await until('the job says that it goes on', () => events(job.process.stderr(), 'registry-back').length > 0)
    await until('all is copied', async () => (await copied()) >= 3 * RECORDS)
    console.log(
      `registry away for ${Math.round(resumedMs - startedMs)} ms: said after ${Math.round(saidMs)} ms, ` +
        `all of ${3 * RECORDS} records copied ${Math.round(performance.now() - resumedMs)} ms after it was back`,
    )
    expect((await job.detail()).restarts).toBe(0)
    await until('the job measures what it has sent', async () => {
      const text = await job.client.metricsText()
      const sent = text.matchAll(/num_records_send_total\{.*topic="orders-copied".*\} (\d+)/g)
      return [...sent].reduce((sum, [, records]) => sum + Number(records), 0) === 3 * RECORDS
    })
  } finally {
    job.process.kill('SIGINT')
    await job.process.ended
  }

  const [said] = events(job.process.stderr(), 'registry-unavailable')
  expect(said).toMatchObject({ level: 'warn', topic: 'orders', schemaId: expect.any(Number), url: apicurio.url })
  expect(said!.message).toContain(
    `waiting for schema ${said!['schemaId']}, which orders[${said!['partition']}]@${said!['offset']} names`,
  )
  const ids = (await consumeByConsole(broker, COPIED)).map(({ value }) => Number(JSON.parse(value).id))
  expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 3 * RECORDS }, (_, n) => n))
})

interface Line extends Readonly<Record<string, unknown>> {
  readonly message: string
}

/** The lines of the log that tell of an event. */
function events(log: string, event: string): readonly Line[] {
  const lines = log.split('\n').filter((line) => line.includes(`"event":"${event}"`))
  return lines.map((line) => JSON.parse(line))
}
