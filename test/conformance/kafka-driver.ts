/** What every Kafka client has to do: the list that a driver runs against itself, on a real broker. */
import { expect } from 'vitest'
import type {
  Compression,
  FetcherOptions,
  KafkaAdmin,
  KafkaDriver,
  KafkaFetcher,
  KafkaProducer,
} from '../../connectors/kafka/driver/driver.ts'
import type { OffsetOutOfRange } from '../../connectors/kafka/errors.ts'
import type { OutgoingRecord, RecordHeader } from '../../topology/contract/topic.ts'

export interface KafkaHarness {
  readonly driver: KafkaDriver
  readonly admin: KafkaAdmin
  /** Makes a topic of a name that is not there. */
  makeTopic(partitions?: number, config?: Readonly<Record<string, string>>): Promise<string>
}

export interface KafkaDriverCase {
  readonly name: string
  run(harness: KafkaHarness): Promise<void>
}

/** A record as it was read. */
export interface Row {
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly RecordHeader[] | undefined
}

const COMPRESSIONS: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const DEADLINE_MS = 30_000
const never = new AbortController().signal

export const record = (value: string, key: string | null = null): OutgoingRecord => ({
  key: key === null ? null : Buffer.from(key),
  value: Buffer.from(value),
})

export const numbered = (from: number, to: number): OutgoingRecord[] =>
  Array.from({ length: to - from }, (_, i) => record(String(from + i)))

/** Takes sets until there are so many records. */
export async function readRows(fetcher: KafkaFetcher, count: number): Promise<Row[]> {
  const rows: Row[] = []
  const deadline = performance.now() + DEADLINE_MS
  while (rows.length < count) {
    const set = fetcher.take()
    if (set === undefined) {
      if (performance.now() > deadline) throw new Error(`${rows.length} of ${count} records within ${DEADLINE_MS} ms`)
      await fetcher.wait(1_000, never)
      continue
    }
    const text = (starts: Int32Array, ends: Int32Array, i: number) =>
      starts[i]! < 0 ? null : set.bytes.toString('utf8', starts[i]!, ends[i]!)
    for (let i = 0; i < set.length; i++) {
      rows.push({
        partition: set.partition,
        offset: set.offsets[i]!,
        timestampMs: set.timestampsMs[i]!,
        key: text(set.keyStarts, set.keyEnds, i),
        value: text(set.valueStarts, set.valueEnds, i),
        headers: set.headers(i)?.map(({ key, value }) => ({ key, value: value && Buffer.from(value) })),
      })
    }
  }
  return rows
}

/** What the fetcher gives within a while: for showing that there is no more. */
export async function readFor(fetcher: KafkaFetcher, durationMs: number): Promise<number> {
  let count = 0
  for (const deadline = performance.now() + durationMs; performance.now() < deadline; ) {
    const set = fetcher.take()
    if (set === undefined) await fetcher.wait(100, never)
    else count += set.length
  }
  return count
}

/** The error that `take` throws within a while. */
async function takeError(fetcher: KafkaFetcher): Promise<unknown> {
  for (const deadline = performance.now() + DEADLINE_MS; performance.now() < deadline; ) {
    try {
      if (fetcher.take() === undefined) await fetcher.wait(1_000, never)
    } catch (error) {
      return error
    }
  }
  throw new Error(`no error within ${DEADLINE_MS} ms`)
}

async function fetcherOf(
  { driver }: KafkaHarness,
  topic: string,
  offsets: readonly number[],
  options: Partial<FetcherOptions> = {},
): Promise<KafkaFetcher> {
  const fetcher = await driver.fetcher({ topic, isolation: 'read_committed', ...options })
  fetcher.assign(new Map(offsets.map((offset, partition) => [partition, offset])))
  return fetcher
}

async function withProducer<T>(
  { driver }: KafkaHarness,
  options: Parameters<KafkaDriver['producer']>[0],
  run: (producer: KafkaProducer) => Promise<T>,
): Promise<T> {
  const producer = await driver.producer(options)
  try {
    return await run(producer)
  } finally {
    await producer.close()
  }
}

function append(harness: KafkaHarness, topic: string, partition: number, records: readonly OutgoingRecord[]) {
  return withProducer(harness, {}, (producer) => producer.send([{ topic, partition, records }], 'all'))
}

const valuesOf = (rows: readonly Row[]) => rows.map(({ value }) => value)

export const kafkaDriverConformance: readonly KafkaDriverCase[] = [
  {
    name: 'makes, describes, lists and deletes topics',
    async run({ admin, makeTopic }) {
      const topic = await makeTopic(3, { 'retention.ms': '3600000' })
      const options = { topic, partitions: 3, replicationFactor: undefined, config: {} }
      expect(await admin.createTopic(options)).toBe(false)
      const described = await admin.describeTopic(topic)
      expect(described?.partitions).toEqual([0, 1, 2].map((partition) => ({ partition, leader: 1, replicas: 1 })))
      expect(await admin.listTopics()).toContain(topic)
      expect(await admin.brokerCount()).toBe(1)
      expect((await admin.topicConfig(topic)).get('retention.ms')).toEqual({ value: '3600000', isDefault: false })
      await admin.deleteTopic(topic)
      await expect.poll(() => admin.describeTopic(topic), { timeout: DEADLINE_MS }).toBeUndefined()
      expect(await admin.listTopics()).not.toContain(topic)
      await expect(admin.deleteTopic(topic)).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND' })
    },
  },
  {
    name: 'makes no topic by asking for it',
    async run({ admin, makeTopic }) {
      const missing = `${await makeTopic()}-missing`
      expect(await admin.describeTopic(missing)).toBeUndefined()
      expect(await admin.listTopics()).not.toContain(missing)
    },
  },
  {
    name: 'raises the number of partitions, and refuses to lower it',
    async run({ admin, makeTopic }) {
      const topic = await makeTopic(2)
      await admin.createPartitions(topic, 4)
      expect((await admin.describeTopic(topic))?.partitions).toHaveLength(4)
      const lower = admin.createPartitions(topic, 3)
      await expect(lower).rejects.toMatchObject({ code: 'KAFKA_PARTITIONS', message: expect.stringContaining(topic) })
    },
  },
  {
    name: 'refuses more copies than there are brokers, a bad name and a bad configuration',
    async run({ admin, makeTopic }) {
      const topic = `${await makeTopic()}-copies`
      const make = (changes: object) =>
        admin.createTopic({ topic, partitions: 1, replicationFactor: undefined, config: {}, ...changes })
      await expect(make({ replicationFactor: 3 })).rejects.toMatchObject({
        code: 'KAFKA_REPLICATION_FACTOR',
        message: expect.stringContaining(topic),
      })
      await expect(make({ topic: 'no topic' })).rejects.toMatchObject({ code: 'KAFKA_TOPIC_NAME' })
      await expect(make({ config: { 'retention.ms': 'long' } })).rejects.toMatchObject({
        code: 'KAFKA_CONFIG',
        message: expect.stringContaining('retention.ms'),
      })
      expect(await admin.describeTopic(topic)).toBeUndefined()
    },
  },
  {
    name: 'changes one setting of a topic and leaves the others',
    async run({ admin, makeTopic }) {
      const topic = await makeTopic(1, { 'retention.ms': '3600000', 'cleanup.policy': 'compact' })
      await admin.alterTopicConfig(topic, { 'retention.ms': '7200000' })
      const config = await admin.topicConfig(topic)
      expect(config.get('retention.ms')).toEqual({ value: '7200000', isDefault: false })
      expect(config.get('cleanup.policy')).toEqual({ value: 'compact', isDefault: false })
      expect(config.get('compression.type')).toEqual({ value: 'producer', isDefault: true })
    },
  },
  {
    name: 'tells offsets by place and by time',
    async run(harness) {
      const { admin } = harness
      const topic = await harness.makeTopic(2)
      await append(
        harness,
        topic,
        0,
        [1_000, 2_000, 3_000].map((timestampMs) => ({ ...record('x'), timestampMs })),
      )
      expect(await admin.offsets(topic, 'earliest')).toEqual([0, 0])
      expect(await admin.offsets(topic, 'latest')).toEqual([3, 0])
      expect(await admin.offsets(topic, { timestampMs: 1_500 })).toEqual([1, 0])
      expect(await admin.offsets(topic, { timestampMs: 9_000 })).toEqual([3, 0])
      await expect(admin.offsets(`${topic}-x`, 'latest')).rejects.toMatchObject({
        code: 'TOPIC_NOT_FOUND',
        message: expect.stringContaining(`'${topic}'?`),
      })
    },
  },
  {
    name: 'commits and reads offsets of a group without members',
    async run({ admin, makeTopic }) {
      const topic = await makeTopic(3)
      const group = `${topic}-group`
      expect(await admin.groupOffsets(group, topic)).toEqual([undefined, undefined, undefined])
      await admin.commitGroupOffsets(
        group,
        topic,
        new Map([
          [0, 7],
          [2, 9],
        ]),
      )
      expect(await admin.groupOffsets(group, topic)).toEqual([7, undefined, 9])
    },
  },
  ...COMPRESSIONS.map(
    (compression): KafkaDriverCase => ({
      name: `writes and reads keys, tombstones, headers and times, ${compression}`,
      async run(harness) {
        const topic = await harness.makeTopic()
        const headers = [
          { key: 'trace', value: Buffer.from('a') },
          { key: 'trace', value: Buffer.from('b') },
          { key: 'ünicode', value: null },
          { key: '', value: Buffer.alloc(0) },
        ]
        const records: OutgoingRecord[] = [
          { key: Buffer.from('k'), value: Buffer.from('v'), headers, timestampMs: 1_700_000_000_123 },
          { key: Buffer.from('k'), value: null, headers: headers.slice(0, 1), timestampMs: 1_600_000_000_000 },
          { key: null, value: Buffer.alloc(0), timestampMs: 0 },
          { key: Buffer.alloc(0), value: Buffer.from('x'.repeat(10_000)), timestampMs: 1_700_000_000_124 },
        ]
        const offsets = await withProducer(harness, { compression }, (producer) =>
          producer.send([{ topic, partition: 0, records }], 'all'),
        )
        expect(offsets).toEqual([0])
        const fetcher = await fetcherOf(harness, topic, [0])
        const rows = await readRows(fetcher, 4)
        expect(rows).toEqual(
          records.map(({ key, value, headers, timestampMs }, offset) => ({
            partition: 0,
            offset,
            timestampMs,
            key: key && Buffer.from(key).toString(),
            value: value && Buffer.from(value).toString(),
            headers,
          })),
        )
        await fetcher.close()
      },
    }),
  ),
  {
    name: 'sends to several partitions and topics at once, larger than a batch, with each kind of acks',
    async run(harness) {
      const [one, two] = [await harness.makeTopic(2), await harness.makeTopic(1)]
      const large = Array.from({ length: 40 }, (_, i) => record(`${i}`.padEnd(100_000, '.')))
      const part = (topic: string, partition: number, records: readonly OutgoingRecord[]) => ({
        topic,
        partition,
        records,
      })
      await withProducer(harness, {}, async (producer) => {
        const first = [part(one, 0, numbered(0, 3)), part(one, 1, large), part(two, 0, numbered(0, 1))]
        expect(await producer.send(first, 'all')).toEqual([0, 0, 0])
        expect(await producer.send([part(two, 0, numbered(1, 3)), part(one, 0, numbered(3, 4))], 'all')).toEqual([1, 3])
        expect(await producer.send([part(one, 0, numbered(4, 6))], 1)).toEqual([4])
        expect(await producer.send([part(one, 0, numbered(6, 8))], 0)).toEqual([-1])
      })
      const fetcher = await fetcherOf(harness, one, [0, 0])
      const rows = await readRows(fetcher, 48)
      expect(valuesOf(rows.filter(({ partition }) => partition === 0))).toEqual(
        numbered(0, 8).map(({ value }) => `${value}`),
      )
      expect(rows.filter(({ partition }) => partition === 1).map(({ value }) => Number.parseInt(value!, 10))).toEqual(
        large.map((_, i) => i),
      )
      await fetcher.close()
    },
  },
  {
    name: 'keeps the order of sends that overlap',
    async run(harness) {
      const topic = await harness.makeTopic()
      await withProducer(harness, {}, (producer) =>
        Promise.all(
          Array.from({ length: 50 }, (_, i) =>
            producer.send([{ topic, partition: 0, records: numbered(i * 2, i * 2 + 2) }], 'all'),
          ),
        ),
      )
      const fetcher = await fetcherOf(harness, topic, [0])
      expect(valuesOf(await readRows(fetcher, 100))).toEqual(numbered(0, 100).map(({ value }) => `${value}`))
      await fetcher.close()
    },
  },
  {
    name: 'reads from the middle of a batch, seeks, and tells where it stands',
    async run(harness) {
      const topic = await harness.makeTopic()
      await append(harness, topic, 0, numbered(0, 100))
      const fetcher = await fetcherOf(harness, topic, [40])
      const rows = await readRows(fetcher, 60)
      expect(rows[0]).toMatchObject({ offset: 40, value: '40' })
      expect(fetcher.progress(0)).toMatchObject({ highWatermark: 100, lastStableOffset: 100, logStartOffset: 0 })
      fetcher.seek(0, 97)
      expect(valuesOf(await readRows(fetcher, 3))).toEqual(['97', '98', '99'])
      await fetcher.close()
    },
  },
  {
    name: 'gives nothing of a paused partition until it is resumed',
    async run(harness) {
      const topic = await harness.makeTopic(2)
      await append(harness, topic, 0, numbered(0, 10))
      await append(harness, topic, 1, numbered(10, 20))
      const fetcher = await fetcherOf(harness, topic, [0, 0])
      fetcher.pause([1])
      const before = await readRows(fetcher, 10)
      expect(new Set(before.map(({ partition }) => partition))).toEqual(new Set([0]))
      expect(await readFor(fetcher, 1_000)).toBe(0)
      fetcher.resume([1])
      expect(valuesOf(await readRows(fetcher, 10))).toEqual(numbered(10, 20).map(({ value }) => `${value}`))
      await fetcher.close()
    },
  },
  {
    name: 'takes turns among partitions and reads all of them with a small buffer',
    async run(harness) {
      const topic = await harness.makeTopic(4)
      await withProducer(harness, {}, async (producer) => {
        for (let from = 0; from < 20_000; from += 2_000) {
          const records = numbered(from, from + 2_000)
          await producer.send(
            [0, 1, 2, 3].map((partition) => ({ topic, partition, records })),
            'all',
          )
        }
      })
      const options = { bufferBytes: 200_000, partitionBytes: 50_000 }
      const fetcher = await fetcherOf(harness, topic, [0, 0, 0, 0], options)
      const rows = await readRows(fetcher, 80_000)
      for (const partition of [0, 1, 2, 3]) {
        const offsets = rows.filter((row) => row.partition === partition).map(({ offset }) => offset)
        expect(offsets).toEqual(Array.from({ length: 20_000 }, (_, i) => i))
      }
      const firstOf = (partition: number) => rows.findIndex((row) => row.partition === partition)
      const lastOf = (partition: number) => rows.findLastIndex((row) => row.partition === partition)
      for (const partition of [1, 2, 3]) expect(firstOf(partition)).toBeLessThan(lastOf(0))
      await fetcher.close()
    },
  },
  {
    name: 'wakes who waits when a record comes, and when it is aborted',
    async run(harness) {
      const topic = await harness.makeTopic()
      const fetcher = await fetcherOf(harness, topic, [0])
      const controller = new AbortController()
      const aborted = fetcher.wait(DEADLINE_MS * 10, controller.signal)
      controller.abort()
      await aborted
      const rows = readRows(fetcher, 1)
      await append(harness, topic, 0, numbered(0, 1))
      expect(valuesOf(await rows)).toEqual(['0'])
      await fetcher.close()
    },
  },
  {
    name: 'reads a record that is larger than a fetch asks for',
    async run(harness) {
      const topic = await harness.makeTopic(2, { 'max.message.bytes': '10000000' })
      await append(harness, topic, 0, [record('x'.repeat(5_000_000)), record('y')])
      await append(harness, topic, 1, numbered(0, 100))
      const fetcher = await fetcherOf(harness, topic, [0, 0], { partitionBytes: 1_000, bufferBytes: 10_000 })
      const rows = await readRows(fetcher, 102)
      expect(rows.filter(({ partition }) => partition === 0).map(({ value }) => value?.length)).toEqual([5_000_000, 1])
      await fetcher.close()
    },
  },
  {
    name: 'refuses a record that is larger than the topic takes, and sends on',
    async run(harness) {
      const topic = await harness.makeTopic(1, { 'max.message.bytes': '20000' })
      await withProducer(harness, {}, async (producer) => {
        const send = (records: readonly OutgoingRecord[]) => producer.send([{ topic, partition: 0, records }], 'all')
        await expect(send([record('x'.repeat(50_000))])).rejects.toMatchObject({
          code: 'RECORD_TOO_LARGE',
          message: expect.stringMatching(new RegExp(`${topic}.*50\\d{3}.*20000`)),
        })
        // Together too large, one by one not.
        expect(await send(Array.from({ length: 10 }, () => record('y'.repeat(10_000))))).toEqual([0])
      })
      expect(await harness.admin.offsets(topic, 'latest')).toEqual([10])
    },
  },
  {
    name: 'shows a transaction once it is committed, and never one that was aborted',
    async run(harness) {
      const topic = await harness.makeTopic(2)
      const send = (from: number, to: number) =>
        [0, 1].map((partition) => ({ topic, partition, records: numbered(from, to) }))
      const committed = await fetcherOf(harness, topic, [0, 0])
      const uncommitted = await fetcherOf(harness, topic, [0, 0], { isolation: 'read_uncommitted' })
      await withProducer(harness, { transactionalId: `${topic}-writer` }, async (producer) => {
        const aborted = await producer.begin()
        await aborted.send(send(0, 3))
        await aborted.abort()
        const second = await producer.begin()
        await second.send(send(3, 5))
        await second.send(send(5, 6))
        expect(await readRows(uncommitted, 12)).toHaveLength(12)
        expect(await readFor(committed, 1_000)).toBe(0)
        await second.commit()
        const rows = await readRows(committed, 6)
        for (const partition of [0, 1]) {
          expect(valuesOf(rows.filter((row) => row.partition === partition))).toEqual(['3', '4', '5'])
        }
        const empty = await producer.begin()
        await empty.commit()
      })
      expect(await readFor(committed, 500)).toBe(0)
      await expect.poll(() => harness.admin.offsets(topic, 'latest'), { timeout: DEADLINE_MS }).toEqual([8, 8])
      // A fetch that begins in the middle of what was aborted.
      committed.seek(0, 1)
      expect(valuesOf(await readRows(committed, 3))).toEqual(['3', '4', '5'])
      await committed.close()
      await uncommitted.close()
    },
  },
  {
    name: 'runs transactions of one id right behind each other, in order',
    async run(harness) {
      const topic = await harness.makeTopic(2)
      await withProducer(harness, { transactionalId: `${topic}-writer` }, async (producer) => {
        for (let n = 0; n < 20; n++) {
          const transaction = await producer.begin()
          await transaction.send([{ topic, partition: n % 2, records: numbered(n, n + 1) }])
          await (n % 5 === 4 ? transaction.abort() : transaction.commit())
        }
      })
      const fetcher = await fetcherOf(harness, topic, [0, 0])
      const rows = await readRows(fetcher, 16)
      for (const partition of [0, 1]) {
        const committed = Array.from({ length: 20 }, (_, n) => n).filter((n) => n % 2 === partition && n % 5 !== 4)
        expect(valuesOf(rows.filter((row) => row.partition === partition))).toEqual(committed.map(String))
      }
      await fetcher.close()
    },
  },
  {
    name: 'moves past what was aborted at the end of a partition',
    async run(harness) {
      const topic = await harness.makeTopic()
      await withProducer(harness, { transactionalId: `${topic}-writer` }, async (producer) => {
        const transaction = await producer.begin()
        await transaction.send([{ topic, partition: 0, records: numbered(0, 3) }])
        await transaction.abort()
      })
      const fetcher = await fetcherOf(harness, topic, [0])
      let nextOffset = 0
      for (const deadline = performance.now() + DEADLINE_MS; nextOffset < 4 && performance.now() < deadline; ) {
        const set = fetcher.take()
        if (set === undefined) await fetcher.wait(1_000, never)
        else {
          expect(set.length).toBe(0)
          nextOffset = set.nextOffset
        }
      }
      expect(nextOffset).toBe(4)
      await fetcher.close()
    },
  },
  {
    name: 'shuts out the older of two producers of one transactional id, and aborts what it had open',
    async run(harness) {
      const topic = await harness.makeTopic()
      const transactionalId = `${topic}-writer`
      const part = (from: number) => [{ topic, partition: 0, records: numbered(from, from + 1) }]
      const zombie = await harness.driver.producer({ transactionalId })
      const open = await zombie.begin()
      await open.send(part(0))
      await withProducer(harness, { transactionalId }, async (producer) => {
        await expect(open.commit()).rejects.toMatchObject({
          code: 'FENCED',
          message: expect.stringContaining(transactionalId),
        })
        const transaction = await producer.begin()
        await transaction.send(part(1))
        await transaction.commit()
      })
      const fetcher = await fetcherOf(harness, topic, [0])
      expect(valuesOf(await readRows(fetcher, 1))).toEqual(['1'])
      await fetcher.close()
      await zombie.close()
    },
  },
  {
    name: 'tells offsets that are gone from those that are not there yet',
    async run(harness) {
      const topic = await harness.makeTopic(2)
      await append(harness, topic, 0, numbered(0, 5))
      await append(harness, topic, 1, numbered(0, 5))
      const fetcher = await fetcherOf(harness, topic, [9, 3])
      const error = (await takeError(fetcher).catch((caught) => caught)) as OffsetOutOfRange
      expect(error).toMatchObject({
        code: 'OFFSET_OUT_OF_RANGE',
        partition: 0,
        offset: 9,
        logStartOffset: 0,
        highWatermark: 5,
      })
      expect(error.message).toContain(topic)
      fetcher.seek(1, 3)
      expect((await readRows(fetcher, 2)).map(({ partition }) => partition)).toEqual([1, 1])
      fetcher.seek(0, 4)
      expect(valuesOf(await readRows(fetcher, 1))).toEqual(['4'])
      await fetcher.close()
    },
  },
  {
    name: 'names the topic that is nearest to one that is missing',
    async run(harness) {
      const topic = await harness.makeTopic()
      const missing = topic.replace('-', '_')
      const notFound = { code: 'TOPIC_NOT_FOUND', message: expect.stringContaining(`'${topic}'?`) }
      await expect(harness.driver.fetcher({ topic: missing, isolation: 'read_committed' })).rejects.toMatchObject(
        notFound,
      )
      await withProducer(harness, { transactionalId: `${topic}-writer` }, async (producer) => {
        const part = [{ topic: missing, partition: 0, records: numbered(0, 1) }]
        await expect(producer.send(part, 'all')).rejects.toMatchObject(notFound)
        const transaction = await producer.begin()
        await expect(transaction.send(part)).rejects.toMatchObject(notFound)
        await transaction.abort()
      })
    },
  },
]
