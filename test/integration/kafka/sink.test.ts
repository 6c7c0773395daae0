/** The sink of a topic on a real broker: its conformance list, a crash at every point, and commits whose reply is lost. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KafkaDriver } from '../../../connectors/kafka/driver/driver.ts'
import { openKafkaDriver } from '../../../connectors/kafka/driver/open-driver.ts'
import type { KafkaSettings } from '../../../connectors/kafka/settings.ts'
import { FAULT_POINTS } from '../../../runtime/fault-point.ts'
import { sinkConformance } from '../../conformance/sink.ts'
import { scale } from '../../support/scale.ts'
import { recordingLogger } from '../../support/silent.ts'
import { type Broker, startBroker } from './broker.ts'
import { consumeByConsole } from './console-consumer.ts'
import { FrameProxy } from './frame-proxy.ts'
import { LostReplies } from './lost-replies.ts'
import { SinkJob } from './sink-job.ts'

const PARTITIONS = 4
/** A commit whose reply is lost is given up after four of them. */
const REQUEST_TIMEOUT_MS = 250

let broker: Broker
let proxy: FrameProxy
let names = 0

beforeAll(async () => {
  proxy = await FrameProxy.listen()
  broker = await startBroker({ KAFKA_ADVERTISED_LISTENERS: `HOST://${proxy.address},BROKER://localhost:19092` })
  proxy.leadTo(Number(broker.bootstrapServers[0]!.split(':')[1]))
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await proxy?.[Symbol.asyncDispose]()
})

/** A job of its own, with a topic and markers of its own. */
async function newJob(changes: Partial<KafkaSettings> = {}) {
  const name = `job-${names++}`
  const topic = `out-${name}`
  const settings = broker.settings({
    bootstrapServers: [proxy.address],
    sinkShards: 3,
    markerTopic: `markers-${name}`,
    ...changes,
  })
  const driver = await openKafkaDriver(settings, recordingLogger())
  await (await driver.admin()).createTopic({ topic, partitions: PARTITIONS, replicationFactor: 1, config: {} })
  return { topic, settings, driver, job: new SinkJob({ name, topic, settings }) }
}

/** What readers of committed records have once all that is decided has reached them. */
async function readCommitted(driver: KafkaDriver, topic: string): Promise<number[]> {
  const ends = await (await driver.admin()).offsets(topic, 'latest')
  const fetcher = await driver.fetcher({ topic, isolation: 'read_committed' })
  const values: number[] = []
  const positions = ends.map(() => 0)
  fetcher.assign(new Map(ends.map((_, partition) => [partition, 0])))
  while (positions.some((position, partition) => position < ends[partition]!)) {
    const set = fetcher.take()
    if (set === undefined) {
      await fetcher.wait(1_000, AbortSignal.timeout(30_000))
      continue
    }
    positions[set.partition] = set.nextOffset
    for (let i = 0; i < set.length; i++)
      values.push(Number(set.bytes.toString('utf8', set.valueStarts[i], set.valueEnds[i])))
  }
  await fetcher.close()
  return values
}

const valuesByConsole = async (topic: string) =>
  (await consumeByConsole(broker, topic)).map(({ value }) => Number(value))
const upTo = (end: number) => Array.from({ length: end }, (_, n) => n)
const inOrder = (values: readonly number[]) => values.toSorted((a, b) => a - b)

describe('what every sink must do', () => {
  test.each(sinkConformance)('$name', { timeout: 120_000 }, async ({ run }) => {
    const { topic, driver, job } = await newJob()
    await run({
      open: () => job.sink(driver),
      row: (n) => ({ key: null, value: Buffer.from(String(n)) }),
      visible: () => readCommitted(driver, topic),
      canRewind: false,
    })
    await driver.close()
  })
})

test('goes on after a crash at every point, with each record once', { timeout: 300_000 }, async () => {
  const { topic, settings, driver, job } = await newJob()
  const points = Object.keys(FAULT_POINTS).filter((name) => name.startsWith('kafka-sink.'))
  for (const point of points) {
    const crashing = await openKafkaDriver(settings, recordingLogger())
    let passed = 0
    const run = async () => {
      const attempt = await job.begin(crashing, (name) => {
        // The second passing: where it is the fence that passes first, a commit is interrupted too.
        if (name === point && ++passed === (point.endsWith('-end') ? 5 : 1)) throw new Error(`crash at ${name}`)
      })
      for (let checkpoint = 0; checkpoint < 2; checkpoint++) {
        await attempt.write(300)
        await attempt.committer.commit(await attempt.checkpoint())
      }
    }
    await expect(run()).rejects.toThrow(`crash at ${point}`)
    // Sockets close and nobody says goodbye.
    await crashing.close()
  }
  const last = await job.begin(driver)
  await last.write(100)
  await last.committer.commit(await last.checkpoint())
  await last.committer.close()
  expect(job.written).toBeGreaterThan(500)
  expect(inOrder(await valuesByConsole(topic))).toEqual(upTo(job.written))
  await driver.close()
})

test(`commits whose reply is lost, or that never arrive, ${scale(100, 10)} times`, { timeout: 1_200_000 }, async () => {
  const { topic, settings, driver, job } = await newJob({
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    connectTimeoutMs: 2 * REQUEST_TIMEOUT_MS,
  })
  const patient = await openKafkaDriver({ ...settings, requestTimeoutMs: 30_000 }, recordingLogger())
  const rival = await patient.producer({ transactionalId: 'rival', transactionTimeoutMs: 120_000 })
  const lost = new LostReplies(proxy)
  const attempt = await job.begin(lost.wrap(driver))
  let held = 0
  for (let round = 0; lost.unknown < scale(100, 10); round++) {
    await attempt.write(50)
    const request = await attempt.checkpoint()
    // Every other time, a transaction of somebody else is open on the markers' partition until we wait for it.
    const transaction = round % 2 === 0 ? undefined : await rival.begin()
    const record = { key: Buffer.from('rival/sink/0'), value: Buffer.from('{}') }
    await transaction?.send([{ topic: settings.markerTopic, partition: 0, records: [record] }])
    let isOpen = transaction !== undefined
    lost.onWait = async (of, progress) => {
      if (!isOpen || of !== settings.markerTopic || progress === undefined) return
      expect(progress.lastStableOffset).toBeLessThan(progress.highWatermark)
      isOpen = false
      held++
      await (round % 4 === 1 ? transaction!.commit() : transaction!.abort())
    }
    lost.cut = round % 3 === 2 ? 'request' : 'reply'
    await attempt.committer.commit(request)
    if (isOpen) await transaction!.abort()
  }
  await attempt.committer.close()
  console.log(
    `${lost.unknown} commits of unknown outcome, ${held} looks held up by an open transaction, ${job.written} records`,
  )
  expect(held).toBeGreaterThan(0)
  const values = await valuesByConsole(topic)
  expect(inOrder(values)).toEqual(upTo(job.written))
  await driver.close()
  await patient.close()
})
