import { expect, test } from 'vitest'
import { KafkaAppender } from '../../../connectors/kafka/append.ts'
import type { OutgoingRecord } from '../../../topology/contract/topic.ts'
import { partitionOfKey } from '../../../topology/murmur2.ts'
import { FakeKafka } from '../../support/fake-kafka.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { type RecordedLog, recordingLogger } from '../../support/silent.ts'
import { ScriptedBroker } from './driver/client/scripted-broker.ts'
import { bytes, text } from './sink/setup.ts'

const DISCOVERY_MS = 1_000

function open({ partitions = 4, config = {} }: { partitions?: number; config?: Record<string, string> } = {}) {
  const clock = new ManualClock()
  const kafka = new FakeKafka({ clock })
  kafka.createTopic('events', partitions, config)
  const lines: RecordedLog[] = []
  const driver = kafka.driver()
  const appender = new KafkaAppender({
    driver,
    settings: { bootstrapServers: ['fake:9092'], compression: 'none', discoveryIntervalMs: DISCOVERY_MS },
    clock,
    logger: recordingLogger(lines),
  })
  return { clock, kafka, driver, appender, lines }
}

const keyed = (key: string, value = key): OutgoingRecord => ({ key: bytes(key), value: bytes(value) })
const values = (kafka: FakeKafka) => kafka.consume('events').map(({ value }) => text(value))

test("tells each record's partition and offset, in the order given", async () => {
  const { appender, kafka } = open()
  const records = ['a', 'b', 'c', 'd', 'e', 'a', 'b'].map((key) => keyed(key))
  await appender.append('events', [keyed('a')], 'all')
  const told = await appender.append('events', records, 'all')
  told.forEach(({ topic, partition, offset }, i) => {
    expect({ topic, partition }).toEqual({ topic: 'events', partition: partitionOfKey(records[i]!.key!, 4) })
    const found = kafka.consume('events').find((each) => each.partition === partition && each.offset === Number(offset))
    expect(found?.key).toEqual(records[i]!.key)
  })
})

test('keeps headers, tombstones, timestamps and a partition of its own', async () => {
  const { appender, kafka, clock } = open()
  clock.advance(5)
  const headers = [{ key: 'trace', value: bytes('1') }]
  await appender.append(
    'events',
    [{ key: bytes('k'), value: null, headers, timestampMs: 3, partition: 2 }, keyed('k')],
    1,
  )
  expect(kafka.consume('events').find(({ partition }) => partition === 2)).toMatchObject({
    value: null,
    headers,
    timestampMs: 3,
  })
  expect(kafka.consume('events').find(({ value }) => value !== null)).toMatchObject({ timestampMs: 5 })
})

test('cuts what a partition gets into batches that the topic takes', async () => {
  const { appender, kafka } = open({ partitions: 1, config: { 'max.message.bytes': '400' } })
  const records = Array.from({ length: 20 }, (_, i) => keyed('k', `${i}`.padStart(60)))
  const told = await appender.append('events', records, 'all')
  expect(told.map(({ offset }) => Number(offset))).toEqual(records.map((_, i) => i))
  expect(values(kafka).map(Number)).toEqual(records.map((_, i) => i))
})

test('with acks 0 nobody waits, and what got lost is logged', async () => {
  const { appender, kafka, lines } = open()
  kafka.network.next('produce', 'lost')
  expect(await appender.append('events', [keyed('a'), keyed('b')], 0)).toMatchObject([{ offset: -1n }, { offset: -1n }])
  await appender.close()
  expect(lines).toMatchObject([{ level: 'error', fields: { event: 'append-lost', records: 2 } }])
  expect(values(kafka)).toEqual([])
})

test('with acks 0 waits once so much is under way that the broker has not taken', async () => {
  const { appender, kafka } = open()
  await appender.append('events', [keyed('first')], 'all')
  kafka.network.next('produce', 'hangs', { times: 64 })
  for (let i = 0; i < 64; i++) await appender.append('events', [keyed('a')], 0)
  let went = false
  void appender.append('events', [keyed('b')], 0).then(() => {
    went = true
  })
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(went).toBe(false)
})

test('makes another producer after an error', async () => {
  const { appender, kafka } = open()
  kafka.network.next('produce', 'reply-lost')
  await expect(appender.append('events', [keyed('a')], 'all')).rejects.toMatchObject({ code: 'KAFKA_UNKNOWN_OUTCOME' })
  await appender.append('events', [keyed('b')], 'all')
  expect(values(kafka).toSorted()).toEqual(['a', 'b'])
})

test('what waited behind an append that fails goes by the next producer', async () => {
  const { driver, clock } = open({ partitions: 1 })
  const scripted = new ScriptedBroker()
  scripted.topics.set('events', 1)
  const appender = new KafkaAppender({
    driver: { ...driver, producer: (options) => scripted.driver().producer(options) },
    settings: { bootstrapServers: ['fake:9092'], compression: 'none', discoveryIntervalMs: DISCOVERY_MS },
    clock,
    logger: recordingLogger(),
  })
  scripted.errors.set('Produce', [87]) // INVALID_RECORD
  const appends = ['a', 'b', 'c'].map((key) => appender.append('events', [keyed(key)], 'all'))
  const outcomes = await Promise.allSettled(appends)
  expect(outcomes.map((each) => (each.status === 'rejected' ? each.reason.code : each.status))).toEqual([
    'KAFKA_INVALID_RECORD',
    'fulfilled',
    'fulfilled',
  ])
  await appender.close()
})

test('uses partitions that a topic gets later', async () => {
  const { appender, driver, clock } = open({ partitions: 1 })
  const keys = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => keyed(key))
  const partitions = async () =>
    new Set((await appender.append('events', keys, 'all')).map(({ partition }) => partition))
  expect((await partitions()).size).toBe(1)
  await (await driver.admin()).createPartitions('events', 4)
  expect((await partitions()).size).toBe(1)
  clock.advance(DISCOVERY_MS)
  expect((await partitions()).size).toBeGreaterThan(1)
})

test('names a topic that is not there, and the nearest that is', async () => {
  const { appender, kafka } = open()
  const refused = appender.append('event', [keyed('a')], 'all')
  await expect(refused).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND', message: expect.stringContaining("'events'") })
  kafka.createTopic('event')
  await appender.append('event', [keyed('a')], 'all')
  expect(kafka.consume('event')).toHaveLength(1)
})
