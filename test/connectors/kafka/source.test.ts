/** Topics of a cluster as sources, on one in memory. */
import { describe, expect, test } from 'vitest'
import type { ReaderContext, Source, SourceReader } from '../../../topology/contract/source.ts'
import type { OutgoingRecord } from '../../../topology/contract/topic.ts'
import { sourceConformance } from '../../conformance/source.ts'
import { silentMetrics } from '../../support/silent.ts'
import { readAll, readerContext, text } from '../log/setup.ts'
import { type TestCluster, testCluster } from './setup.ts'

const bytes = (value: string) => new TextEncoder().encode(value)
const turns = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** The cluster answers within some turns of the loop: a poll that finds nothing gives it these, and looks again. */
function patient(source: Source): Source {
  const wait = async (reader: SourceReader) => {
    const stop = new AbortController()
    const waiting = reader.wait(60_000, stop.signal)
    await turns()
    stop.abort()
    await waiting
  }
  return {
    discoverSplits: (bounds) => source.discoverSplits(bounds),
    createReader(context) {
      const reader = source.createReader(context)
      return new Proxy(reader, {
        get(target, name) {
          if (name !== 'poll')
            return Reflect.get(target, name, target)?.bind?.(target) ?? Reflect.get(target, name, target)
          return async (maxRows: number) => {
            await wait(target)
            return target.poll(maxRows)
          }
        },
      })
    },
    close: () => source.close(),
  }
}

function append(
  { kafka }: TestCluster,
  topic: string,
  partition: number,
  values: readonly string[],
  timestampMs?: number,
) {
  const records: OutgoingRecord[] = values.map((value) => ({
    key: null,
    value: bytes(value),
    ...(timestampMs === undefined ? {} : { timestampMs }),
  }))
  kafka.append([{ topic, partition, records }])
}

describe('a topic as a source', () => {
  test.each(sourceConformance)('$name', async ({ run }) => {
    const cluster = testCluster()
    cluster.kafka.createTopic('t', 3, { 'max.message.bytes': '4000000' })
    await run({
      source: patient(cluster.system.source('t')),
      context: readerContext(cluster.clock),
      append: async (partition, values, timestampMs) => append(cluster, 't', partition, values, timestampMs),
      advanceMs: (durationMs) => cluster.clock.advance(durationMs),
    })
  })

  test('gives keys, headers, tombstones and timestamps', async () => {
    const { kafka, clock, system } = testCluster()
    kafka.createTopic('t', 1)
    const headers = [
      { key: 'trace', value: bytes('1') },
      { key: 'trace', value: null },
    ]
    const records = [
      { key: bytes('k'), value: null, headers, timestampMs: 7 },
      { key: null, value: bytes(''), timestampMs: 8 },
    ]
    kafka.append([{ topic: 't', partition: 0, records }])
    const read = await readAll(patient(system.source('t')), clock)
    expect(read.map(({ key, value, timestampMs }) => [key && text(key), value?.length, timestampMs])).toEqual([
      ['k', undefined, 7],
      [null, 0, 8],
    ])
    expect(read[0]!.headers!.map(({ key, value }) => [key, value && Buffer.from(value).toString()])).toEqual([
      ['trace', '1'],
      ['trace', null],
    ])
    expect(read[1]!.headers).toBeUndefined()
  })

  test('begins where a consumer group has got, and at earliest where it has not been', async () => {
    const cluster = testCluster()
    cluster.kafka.createTopic('t', 2)
    append(cluster, 't', 0, ['a', 'b', 'c'])
    append(cluster, 't', 1, ['d'])
    cluster.kafka.group('others', 't').set(0, 2)
    const splits = await cluster.system.source('t').discoverSplits({ from: { group: 'others' } })
    expect(splits.map(({ start }) => start)).toEqual(['2', '0'])
  })

  test('shows complete checkpoints to its group, and how much is left', async () => {
    const cluster = testCluster()
    cluster.kafka.createTopic('t', 1)
    append(cluster, 't', 0, ['a', 'b', 'c'])
    const { reader, values } = await open(cluster)
    await reader.poll(2)
    reader.checkpointComplete!(reader.snapshot())
    await reader.close()
    expect(cluster.kafka.group('sluice-test', 't').get(0)).toBe(2)
    expect(values).toEqual({ 'pending_records t-0': 1 })
    expect(reader.readBytes).toBe(2)
  })

  describe('whose retention passed a position', () => {
    const behind = async (outOfRange: 'fail' | 'skip') => {
      const cluster = testCluster({ outOfRange })
      cluster.kafka.createTopic('t', 1)
      append(cluster, 't', 0, ['a', 'b', 'c'])
      cluster.kafka.partition('t', 0).logStartOffset = 2
      return open(cluster, '0')
    }

    test('is found where a consumer group has been left behind, and not passed over in silence', async () => {
      const cluster = testCluster({ outOfRange: 'fail' })
      cluster.kafka.createTopic('t', 1)
      append(cluster, 't', 0, ['a', 'b', 'c'])
      cluster.kafka.group('others', 't').set(0, 1)
      cluster.kafka.partition('t', 0).logStartOffset = 2
      const [split] = await cluster.system.source('t').discoverSplits({ from: { group: 'others' } })
      const { reader } = await open(cluster, String(split!.start))
      await expect(reader.poll(10)).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' })
    })

    test('fails, saying what is gone and what to do', async () => {
      const { reader } = await behind('fail')
      await expect(reader.poll(10)).rejects.toMatchObject({
        code: 'OFFSET_OUT_OF_RANGE',
        message: "topic 't', partition 0: offset 0 is not there, the earliest is 2",
        fix: expect.stringContaining('KAFKA_OUT_OF_RANGE=skip'),
      })
    })

    test('or goes on behind it, and counts what it skipped', async () => {
      const { reader, values } = await behind('skip')
      let batch = await reader.poll(10)
      batch ??= await reader.poll(10)
      expect(batch!.values.map(({ value }) => text(value))).toEqual(['c'])
      expect(reader.snapshot()[0]!.position).toBe('3')
      expect(values['records_skipped_total']).toBe(2)
    })
  })

  test('refuses a position behind the end, whatever was chosen: that is another topic', async () => {
    const cluster = testCluster({ outOfRange: 'skip' })
    cluster.kafka.createTopic('t', 1)
    const { reader } = await open(cluster, '5')
    await expect(reader.poll(10)).rejects.toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      fix: expect.stringContaining('not the topic'),
    })
  })

  test('that is only named has to be there; a declared one is made', async () => {
    const { kafka, system } = testCluster()
    kafka.createTopic('orders', 1)
    await expect(system.source('order').discoverSplits({})).rejects.toMatchObject({
      code: 'TOPIC_NOT_FOUND',
      message: expect.stringContaining("'orders'"),
    })
    expect(await system.source('new', { partitions: 2, retentionMs: 1_000 }).discoverSplits({})).toHaveLength(2)
    expect((await system.describeTopics(['new']))[0]).toMatchObject({
      topic: 'new',
      retentionMs: 1_000,
      replicationFactor: 1,
    })
  })

  test('stays behind an open transaction, and passes over an aborted one', async () => {
    const cluster = testCluster()
    cluster.kafka.createTopic('t', 1)
    const producer = await cluster.kafka.driver('other').producer({ transactionalId: 'x' })
    const aborted = await producer.begin()
    await aborted.send([{ topic: 't', partition: 0, records: [{ key: null, value: bytes('no') }] }])
    await aborted.abort()
    const transaction = await producer.begin()
    await transaction.send([{ topic: 't', partition: 0, records: [{ key: null, value: bytes('yes') }] }])
    const { reader } = await open(cluster)
    expect(await reader.poll(10)).toBeUndefined()
    await transaction.commit()
    let batch = await reader.poll(10)
    batch ??= await reader.poll(10)
    expect(batch!.values.map(({ value }) => text(value))).toEqual(['yes'])
  })
})

/** A reader of all splits, and what its metrics are told. */
async function open({ system, clock }: TestCluster, position?: string) {
  const values: Record<string, number> = {}
  const note = (name: string, labels: Readonly<Record<string, string>> = {}) => ({
    add: (count: number) => {
      values[name] = (values[name] ?? 0) + count
    },
    set: (value: number) => {
      values[`${name} ${labels['split']}`] = value
    },
  })
  const context: ReaderContext = { ...readerContext(clock), metrics: { ...silentMetrics, counter: note, gauge: note } }
  const source = patient(system.source('t'))
  const reader = source.createReader(context)
  const splits = await source.discoverSplits({})
  await reader.assign(splits.map((split) => ({ ...split, position: position ?? split.start })))
  return { reader, values }
}
