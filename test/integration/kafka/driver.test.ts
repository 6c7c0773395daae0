/** Every client runs the driver's conformance list on a real broker, and outlives its restarts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KafkaAdmin, KafkaDriver } from '../../../connectors/kafka/driver/driver.ts'
import { openKafkaDriver } from '../../../connectors/kafka/driver/open-driver.ts'
import { type KafkaHarness, kafkaDriverConformance, numbered, readRows } from '../../conformance/kafka-driver.ts'
import { recordingLogger } from '../../support/silent.ts'
import { type Broker, startBroker } from './broker.ts'
import { INSTALLED_CLIENTS } from './installed-clients.ts'

/** Cases that a client does not pass, by what it is about it: README.md lists them. */
const FACTS: Readonly<Record<string, readonly RegExp[]>> = {
  confluent: [
    /^(makes, describes|changes one setting)/, // no request for the configuration of topics
    /^writes and reads keys/, // a timestamp of 0 is taken as none
    /^refuses a record that is larger/, // a batch that is too large is not sent in halves
  ],
}

let broker: Broker
let topics = 0

beforeAll(async () => {
  broker = await startBroker()
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
})

describe.each(INSTALLED_CLIENTS)('%s', (client) => {
  let driver: KafkaDriver
  let admin: KafkaAdmin
  let harness: KafkaHarness

  beforeAll(async () => {
    driver = await openKafkaDriver(broker.settings({ client }), recordingLogger())
    admin = await driver.admin()
    const makeTopic: KafkaHarness['makeTopic'] = async (partitions = 1, config = {}) => {
      const topic = `orders-${client}-${topics++}`
      await admin.createTopic({ topic, partitions, replicationFactor: undefined, config })
      return topic
    }
    harness = { driver, admin, makeTopic }
  })
  afterAll(async () => {
    await driver?.close()
  })

  for (const { name, run } of kafkaDriverConformance) {
    const isKnownToFail = FACTS[client]?.some((fact) => fact.test(name)) === true
    ;(isKnownToFail ? it.fails : it)(name, { timeout: 60_000 }, () => run(harness))
  }

  it('says within seconds that no broker is there', { timeout: 30_000 }, async () => {
    const settings = broker.settings({
      client,
      bootstrapServers: ['localhost:1', 'nowhere.invalid:9092'],
      connectTimeoutMs: 2_000,
    })
    const lost = await openKafkaDriver(settings, recordingLogger())
    const unreachable = {
      code: 'KAFKA_UNREACHABLE',
      message: expect.stringContaining('localhost:1, nowhere.invalid:9092'),
    }
    await expect(lost.admin()).rejects.toMatchObject(unreachable)
    await expect(lost.fetcher({ topic: 'x', isolation: 'read_committed' })).rejects.toMatchObject(unreachable)
    await expect(lost.producer({})).rejects.toMatchObject(unreachable)
    await lost.close()
  })

  it.each(['clean', 'hard'] as const)('goes on after a %s restart of the broker', { timeout: 180_000 }, async (how) => {
    const topic = await harness.makeTopic(2)
    const producer = await driver.producer({})
    const transactional = await driver.producer({ transactionalId: topic })
    const fetcher = await driver.fetcher({ topic, isolation: 'read_committed' })
    fetcher.assign(
      new Map([
        [0, 0],
        [1, 0],
      ]),
    )
    const restarted = broker.restart(how)
    let sent = 0
    const send = async () => {
      const parts = [0, 1].map((partition) => ({ topic, partition, records: numbered(sent, sent + 10) }))
      await producer.send(parts, 'all')
      sent += 10
    }
    const sending = (async () => {
      while (sent < 2_000) await send()
    })()
    await restarted
    await sending
    await send()
    // Its coordinator has been away too.
    const transaction = await transactional.begin()
    await transaction.send([0, 1].map((partition) => ({ topic, partition, records: numbered(sent, sent + 10) })))
    await transaction.commit()
    sent += 10
    const rows = await readRows(fetcher, sent * 2)
    for (const partition of [0, 1]) {
      const values = rows.filter((row) => row.partition === partition).map(({ value }) => Number(value))
      expect(values).toEqual(Array.from({ length: sent }, (_, i) => i))
    }
    await fetcher.close()
    await producer.close()
    await transactional.close()
  })
})
