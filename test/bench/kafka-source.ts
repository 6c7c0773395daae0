/** Reading a topic, each client by itself: records of some 300 bytes per second of CPU, no decoding of their values. */
import type { KafkaFetcher } from '../../connectors/kafka/driver/driver.ts'
import { openKafkaDriver } from '../../connectors/kafka/driver/open-driver.ts'
import type { KafkaClient } from '../../connectors/kafka/settings.ts'
import type { OutgoingRecord } from '../../topology/contract/topic.ts'
import { type Broker, startBroker } from '../integration/kafka/broker.ts'
import { recordingLogger } from '../support/silent.ts'
import { type Measurement, sideBySide } from './measure.ts'

const RECORDS = 2_000_000
const PARTITIONS = 4
const VALUE_BYTES = 300
const BATCH_RECORDS = 100
const ROUNDS = 3
const CLIENTS: readonly KafkaClient[] = ['kafkajs', 'platformatic']

export async function benchKafkaSource(): Promise<Measurement[]> {
  await using broker = await startBroker()
  const topic = 'bench'
  await fill(broker, topic)
  const candidates = Object.fromEntries(
    CLIENTS.map((client) => [client, () => readAll(broker, topic, client)]),
  ) as Record<KafkaClient, () => Promise<void>>
  const timings = await sideBySide(candidates, ROUNDS)
  return CLIENTS.flatMap((client) => {
    const { cpuMs, wallMs } = timings[client]
    const target = '≥ 1,000,000'
    return [
      { name: `kafka source, ${client}`, value: (RECORDS / cpuMs) * 1_000, unit: 'records/CPU-s', target },
      { name: `kafka source, ${client}`, value: (RECORDS / wallMs) * 1_000, unit: 'records/s' },
    ]
  })
}

async function fill(broker: Broker, topic: string): Promise<void> {
  const driver = await openKafkaDriver(broker.settings(), recordingLogger())
  const admin = await driver.admin()
  await admin.createTopic({ topic, partitions: PARTITIONS, replicationFactor: undefined, config: {} })
  const producer = await driver.producer({})
  const value = Buffer.alloc(VALUE_BYTES, 'x')
  const records = Array.from(
    { length: BATCH_RECORDS },
    (_, i): OutgoingRecord => ({ key: Buffer.from(`user-${i}`), value }),
  )
  const parts = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, records }))
  for (let sent = 0; sent < RECORDS; sent += PARTITIONS * BATCH_RECORDS) await producer.send(parts, 'all')
  await driver.close()
}

async function readAll(broker: Broker, topic: string, client: KafkaClient): Promise<void> {
  const driver = await openKafkaDriver(broker.settings({ client }), recordingLogger())
  const fetcher = await driver.fetcher({ topic, isolation: 'read_committed' })
  fetcher.assign(new Map(Array.from({ length: PARTITIONS }, (_, partition) => [partition, 0])))
  await drain(fetcher)
  await driver.close()
}

async function drain(fetcher: KafkaFetcher): Promise<void> {
  const { signal } = new AbortController()
  for (let taken = 0; taken < RECORDS; ) {
    const set = fetcher.take()
    if (set === undefined) await fetcher.wait(1_000, signal)
    else taken += set.length
  }
}
