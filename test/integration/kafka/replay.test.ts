/** Dead letters of a job on a real broker, published again: each once, whenever the replay is killed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTopics } from '../../../runtime/compose/index.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import type { SourceRecord } from '../../../topology/contract/source.ts'
import type { TopicSystem } from '../../../topology/contract/topic.ts'
import { text } from '../../connectors/log/setup.ts'
import { configOf, startJob } from '../../support/medallion.ts'
import { readTopic } from '../../support/read-topic.ts'
import { startProcess } from '../../support/run-process.ts'
import { scale } from '../../support/scale.ts'
import { recordingLogger } from '../../support/silent.ts'
import { type Broker, startBroker } from './broker.ts'
import { consumeByConsole } from './console-consumer.ts'

const READINGS = 100
const LETTERS = scale(20_000, 3_000)
const FIRST_MS = Date.UTC(2026, 0, 1, 12)

const dataDir = mkdtempSync(join(tmpdir(), 'sluice-kafka-replay-'))
let broker: Broker
let topics: TopicSystem
let env: Readonly<Record<string, string>>

beforeAll(async () => {
  broker = await startBroker()
  env = { KAFKA_BOOTSTRAP_SERVERS: broker.bootstrapServers.join() }
  topics = await openTopics(configOf(dataDir, env), { clock: systemClock, logger: recordingLogger() })
  await topics.ensureTopic('readings', { partitions: 2, retentionMs: Number.POSITIVE_INFINITY })
  await topics.ensureTopic('mended', { partitions: 3, retentionMs: Number.POSITIVE_INFINITY })
  const good = Array.from({ length: READINGS }, (_, n) => record(`{"id":"${n}"}`, n))
  // Bytes that are no text, too.
  const bad = Array.from({ length: LETTERS }, (_, n) =>
    record(Buffer.concat([Buffer.from([0xff, n]), Buffer.from(`letter ${n}`)]), n),
  )
  await topics.append('readings', [...good, ...bad], 'all')
  const { code, stderr } = await startJob('test/integration/kafka/letters-job.ts', dataDir, ['--until', 'latest'], {
    env: { ...env, CHECKPOINT_INTERVAL: '1s' },
  }).ended
  expect(code, stderr).toBe(0)
})
afterAll(async () => {
  await topics?.close()
  await broker?.[Symbol.asyncDispose]()
  rmSync(dataDir, { recursive: true })
})

function record(value: string | Buffer, n: number) {
  return {
    key: Buffer.from(String(n)),
    value: Buffer.from(value),
    headers: [{ key: 'trace', value: Buffer.from(`trace ${n}`) }],
    timestampMs: FIRST_MS + n,
  }
}

function replay(args: readonly string[], faults: Readonly<Record<string, string>> = {}) {
  const command = ['replay', 'quarantine.readings', ...args, '--data-dir', dataDir, '--format', 'json']
  return startProcess('runtime/cli/bin.js', command, {
    env: { ...env, LOG_LEVEL: 'warn', CHECKPOINT_INTERVAL: '50ms', RESTART_STRATEGY: 'none', ...faults },
  }).ended
}

async function publishedBy(args: readonly string[]): Promise<number | null> {
  const { code, stdout, stderr } = await replay(args)
  expect(code, stderr).toBe(0)
  const [{ from, rows, published }] = JSON.parse(stdout).topics
  expect([from, rows]).toEqual(['readings', LETTERS])
  return published
}

const read = (topic: string) => readTopic(topics, topic)

/** All that a record has, as text. */
const all = ({ key, value, timestampMs, headers }: Pick<SourceRecord, 'key' | 'value' | 'timestampMs' | 'headers'>) =>
  JSON.stringify([text(key), Buffer.from(value!).toString('hex'), timestampMs, text(headers![0]!.value)])

/** Of records that were published again: that, and where they came from. */
const replayed = (records: readonly SourceRecord[]) => {
  for (const { headers } of records)
    expect(headers!.map(({ key }) => key)).toEqual(['trace', 'sluice-replay-of', 'sluice-replay-error'])
  return records.map((each) => `${all(each)} of ${text(each.headers![1]!.value)}`).toSorted()
}

const isLetter = ({ value }: SourceRecord) => value![0] === 0xff
const letters = async () => (await read('readings')).filter((each) => isLetter(each) && each.headers!.length === 1)
const wanted = async () =>
  (await letters()).map((each) => `${all(each)} of readings/${each.partition}/${each.offset}`).toSorted()

test('dead letters are in the topic and in the table, and what is good is copied', async () => {
  expect(await consumeByConsole(broker, 'copies')).toHaveLength(READINGS)
  const dlq = (await consumeByConsole(broker, 'readings.dlq')).map(({ value }) => JSON.parse(value))
  const places = (await letters()).map(({ partition, offset }) => `${partition}/${offset}`)
  expect(dlq.map((letter) => `${letter.source_partition}/${letter.source_offset}`).toSorted()).toEqual(
    places.toSorted(),
  )
  expect(await publishedBy(['--to', 'mended', '--dry-run'])).toBeNull()
})

/** One after the other, each ends a replay. The fifth end of a transaction is the first behind those of four fences. */
const KILLED_AT = [
  'kafka-sink.after-produce',
  'checkpoint.after-manifest',
  'kafka-sink.after-end:5',
  'source.after-poll:2',
  'kafka-sink.after-spill',
  'kafka-sink.before-end:5',
  'checkpoint.before-manifest',
  'kafka-sink.before-removal',
].slice(0, scale(8, 4))

test('a replay that is killed again and again publishes each letter once, and the next one nothing', async () => {
  for (const fault of KILLED_AT) {
    const { signal, stderr } = await replay(['--to', 'mended'], { SLUICE_FAULT: fault })
    expect({ signal, stderr }, `${fault} was not reached`).toMatchObject({ signal: 'SIGKILL' })
  }
  await publishedBy(['--to', 'mended'])
  expect(await publishedBy(['--to', 'mended'])).toBe(0)
  expect(replayed(await read('mended'))).toEqual(await wanted())
  expect(await consumeByConsole(broker, 'mended')).toHaveLength(LETTERS)
})

test('letters go back to the topic that they came from, byte for byte', async () => {
  const before = await wanted()
  expect(await publishedBy([])).toBe(LETTERS)
  expect(await publishedBy([])).toBe(0)
  const again = (await read('readings')).filter((each) => isLetter(each) && each.headers!.length > 1)
  expect(replayed(again)).toEqual(before)
})
