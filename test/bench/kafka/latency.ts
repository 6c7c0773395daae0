/**
 * How long after it was published a record is seen where the job writes: in the table's newest snapshot, or by a reader of
 * committed records. Records come at a steady pace; the n-th one seen is held against the n-th one published.
 */
import type { KafkaDriver } from '../../../connectors/kafka/driver/driver.ts'
import type { KafkaClient } from '../../../connectors/kafka/settings.ts'
import { openTables } from '../../../runtime/compose/index.ts'
import { loadConfig } from '../../../runtime/config/index.ts'
import { systemClock as clock } from '../../../runtime/time/system-clock.ts'
import { TopicPartitioner } from '../../../topology/topic-partitioner.ts'
import type { Broker } from '../../integration/kafka/broker.ts'
import { until } from '../../support/run-process.ts'
import { recordingLogger } from '../../support/silent.ts'
import type { Measurement } from '../measure.ts'
import { bronzeOf, copyOf, PARTITIONS, SOURCE } from './jobs.ts'
import { startRun } from './processes.ts'
import { eventRecord } from './records.ts'

const BRONZE = bronzeOf(SOURCE)
const COPY = copyOf(SOURCE)
const INTERVAL = '1s'
const RECORDS_PER_SECOND = 2_000
const TICK_MS = 20
const SECONDS = 20
/** Of the beginning: the job is not warm yet. */
const IGNORED_SECONDS = 5
const DEADLINE_MS = 60_000

export interface LatencyOptions {
  readonly broker: Broker
  readonly driver: KafkaDriver
  readonly client: KafkaClient
  readonly what: 'bronze' | 'copy'
}

export async function measureLatency({ broker, driver, client, what }: LatencyOptions): Promise<Measurement[]> {
  const admin = await driver.admin()
  await admin.deleteTopic(SOURCE)
  await until('the old topic is gone', async () => (await admin.describeTopic(SOURCE)) === undefined)
  for (const topic of [SOURCE, COPY]) {
    await admin.createTopic({ topic, partitions: PARTITIONS, replicationFactor: undefined, config: {} })
  }
  await using run = startRun({ what, client, ...broker, checkpointInterval: INTERVAL }, 'unbounded')
  await using watch = await (what === 'bronze' ? watchTable(run.dataDir) : watchTopic(driver))
  const published = new Float64Array(RECORDS_PER_SECOND * SECONDS)
  const publishing = publish(driver, published)
  const seen = await watchUntil(watch, published)
  await publishing
  await run.stop()
  await admin.deleteTopic(COPY)
  const latencies = seen
    .map((atMs, n) => atMs - published[n]!)
    .subarray(RECORDS_PER_SECOND * IGNORED_SECONDS)
    .sort()
  const percentile = (share: number) => latencies[Math.ceil(share * latencies.length) - 1]!
  return [50, 99].map((percent) => ({
    name: `published → visible, p${percent}, checkpoint every ${INTERVAL}`,
    value: percentile(percent / 100),
    unit: 'ms',
  }))
}

/** Notes when each record was published. */
async function publish(driver: KafkaDriver, published: Float64Array): Promise<void> {
  const producer = await driver.producer({})
  const partitioner = new TopicPartitioner({ name: SOURCE, partitions: PARTITIONS })
  const perTick = (RECORDS_PER_SECOND * TICK_MS) / 1000
  const startMs = performance.now()
  for (let n = 0; n < published.length; n += perTick) {
    const due = startMs + (n / perTick) * TICK_MS
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())))
    const { groups } = partitioner.split(Array.from({ length: perTick }, (_, i) => eventRecord(n + i)))
    published.fill(performance.now(), n, n + perTick)
    const parts = groups.flatMap((records, partition) =>
      records.length === 0 ? [] : [{ topic: SOURCE, partition, records }],
    )
    await producer.send(parts, 'all')
  }
  await producer.close()
}

interface Watch extends AsyncDisposable {
  /** How many records are visible. */
  count(): Promise<number>
}

/** When each record was seen first. */
async function watchUntil(watch: Watch, { length }: Float64Array): Promise<Float64Array> {
  const seen = new Float64Array(length)
  const deadlineMs = performance.now() + DEADLINE_MS
  for (let count = 0; count < length; ) {
    if (performance.now() > deadlineMs) throw new Error(`${count} of ${length} records are visible`)
    const visible = await watch.count()
    seen.fill(performance.now(), count, visible)
    count = visible
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return seen
}

async function watchTable(dataDir: string): Promise<Watch> {
  const { config } = loadConfig({ env: { SLUICE_DATA_DIR: dataDir }, cwd: process.cwd() })
  const tables = await openTables(config, { clock, logger: recordingLogger() })
  return {
    async count() {
      if (!(await tables.listTables()).includes(BRONZE)) return 0
      const { files } = await tables.planScan(BRONZE)
      return files.reduce((sum, { rowCount }) => sum + Number(rowCount), 0)
    },
    [Symbol.asyncDispose]: () => tables.close(),
  }
}

async function watchTopic(driver: KafkaDriver): Promise<Watch> {
  const fetcher = await driver.fetcher({ topic: COPY, isolation: 'read_committed' })
  fetcher.assign(new Map(Array.from({ length: PARTITIONS }, (_, partition) => [partition, 0])))
  let count = 0
  return {
    async count() {
      for (let set = fetcher.take(); set !== undefined; set = fetcher.take()) count += set.length
      return count
    },
    [Symbol.asyncDispose]: () => fetcher.close(),
  }
}
