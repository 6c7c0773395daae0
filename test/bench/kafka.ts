/**
 * Kafka, each client by itself and each job in a process of its own: the source alone, all fields into columns, into a
 * bronze Iceberg table, into another topic exactly once; and how long after it was published a record is seen.
 */
import type { KafkaDriver } from '../../connectors/kafka/driver/driver.ts'
import { openKafkaDriver } from '../../connectors/kafka/driver/open-driver.ts'
import type { KafkaClient } from '../../connectors/kafka/settings.ts'
import { type Broker, startBroker } from '../integration/kafka/broker.ts'
import { recordingLogger } from '../support/silent.ts'
import { copyOf, PARTITIONS, SOURCE, WARM_UP } from './kafka/jobs.ts'
import { measureLatency } from './kafka/latency.ts'
import { startRun, type What } from './kafka/processes.ts'
import { eventRecord } from './kafka/records.ts'
import type { KafkaRun } from './kafka/run.ts'
import { type Measurement, median } from './measure.ts'

const RECORDS = Number(process.env['SLUICE_BENCH_EVENTS'] ?? 1_000_000)
const ROUNDS = Number(process.env['SLUICE_BENCH_ROUNDS'] ?? 3)
const WARM_UP_RECORDS = 100_000
const BATCH_RECORDS = 1_000
const CLIENTS: readonly KafkaClient[] = ['kafkajs', 'platformatic']
const CHECKPOINT_INTERVAL = '5s'

interface Subject {
  readonly what: What
  readonly name: string
  readonly target?: string
}

const SUBJECTS: readonly Subject[] = [
  { what: 'source', name: 'source alone', target: '≥ 1,000,000' },
  { what: 'columns', name: 'source + decode into columns', target: '≥ 700,000' },
  { what: 'bronze', name: 'Kafka → bronze Iceberg', target: '≥ 220,000' },
  { what: 'copy', name: 'Kafka → Kafka, exactly once' },
]

export async function benchKafka(): Promise<Measurement[]> {
  await using broker = await startBroker()
  const driver = await openKafkaDriver(broker.settings(), recordingLogger())
  await fill(driver, WARM_UP, WARM_UP_RECORDS)
  const measurements: Measurement[] = [
    { name: 'records read by each run', value: RECORDS, unit: 'records' },
    { name: 'a record, key and value', value: await fill(driver, SOURCE, RECORDS), unit: 'bytes' },
    { name: 'rounds', value: ROUNDS, unit: 'runs each' },
  ]
  const told = (measurement: Measurement) => {
    measurements.push(measurement)
    console.log(`  … ${measurement.name}: ${measurement.value.toPrecision(3)} ${measurement.unit}`)
  }
  for (const { what, name, target } of SUBJECTS) {
    const found = await sideBySide(broker, driver, what)
    for (const client of CLIENTS) {
      const { wallMs, cpuMs, peakRssBytes } = found[client]!
      const subject = `${name}, ${client}`
      told({
        name: subject,
        value: (1000 * RECORDS) / cpuMs,
        unit: 'records/CPU-s',
        ...(target !== undefined && { target }),
      })
      told({ name: subject, value: (1000 * RECORDS) / wallMs, unit: 'records/s' })
      told({ name: `${subject}: peak RSS`, value: peakRssBytes / 2 ** 20, unit: 'MiB' })
    }
  }
  for (const client of CLIENTS) {
    for (const what of ['bronze', 'copy'] as const) {
      const { name } = SUBJECTS.find((subject) => subject.what === what)!
      for (const each of await measureLatency({ broker, driver, client, what })) {
        told({ ...each, name: `${name}, ${client}: ${each.name}` })
      }
    }
  }
  await driver.close()
  return measurements
}

/** @returns how large a record is on average */
async function fill(driver: KafkaDriver, topic: string, count: number): Promise<number> {
  const admin = await driver.admin()
  await admin.createTopic({ topic, partitions: PARTITIONS, replicationFactor: undefined, config: {} })
  const producer = await driver.producer({})
  let bytes = 0
  for (let first = 0; first < count; first += PARTITIONS * BATCH_RECORDS) {
    const parts = Array.from({ length: PARTITIONS }, (_, partition) => {
      const from = first + partition * BATCH_RECORDS
      return {
        topic,
        partition,
        records: Array.from({ length: BATCH_RECORDS }, (_, i) => eventRecord(from + i)),
      }
    })
    for (const { records } of parts) {
      for (const { key, value } of records) bytes += key!.length + value!.length
    }
    await producer.send(parts, 'all')
  }
  await producer.close()
  return bytes / count
}

async function dropCopies(driver: KafkaDriver): Promise<void> {
  const admin = await driver.admin()
  for (const source of [SOURCE, WARM_UP]) await admin.deleteTopic(copyOf(source))
}

/** Medians over the rounds, for the peak of memory the greatest. */
async function sideBySide(broker: Broker, driver: KafkaDriver, what: What): Promise<Record<string, KafkaRun>> {
  const runs = new Map(CLIENTS.map((client) => [client, [] as KafkaRun[]]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const client of CLIENTS) {
      const { bootstrapServers } = broker
      await using run = startRun({ what, client, bootstrapServers, checkpointInterval: CHECKPOINT_INTERVAL }, 'bounded')
      runs.get(client)!.push(await run.done)
      if (what === 'copy') await dropCopies(driver)
    }
  }
  return Object.fromEntries(
    [...runs].map(([client, all]) => [
      client,
      {
        wallMs: median(all.map(({ wallMs }) => wallMs)),
        cpuMs: median(all.map(({ cpuMs }) => cpuMs)),
        peakRssBytes: Math.max(...all.map(({ peakRssBytes }) => peakRssBytes)),
      },
    ]),
  )
}
