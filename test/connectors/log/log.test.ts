import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import type { OutgoingRecord } from '../../../topology/contract/topic.ts'
import { partitionOfKey } from '../../../topology/murmur2.ts'
import { bytes, readAll, temporaryDirectory, temporaryLog, text } from './setup.ts'

const record = (value: string, rest: Partial<OutgoingRecord> = {}): OutgoingRecord => ({
  key: null,
  value: bytes(value),
  ...rest,
})

describe('topics', () => {
  test('one that is there stays as it is', async () => {
    const { log } = temporaryLog()
    await log.ensureTopic('t', { partitions: 2, retentionMs: 5_000, cleanupPolicy: 'compact,delete' })
    await log.ensureTopic('t', { partitions: 9, retentionMs: 9_000, cleanupPolicy: 'delete' })
    await log.ensureTopic('u')
    const [t, u] = await log.describeTopics()
    expect(t!.partitions).toHaveLength(2)
    expect(t).toMatchObject({ retentionMs: 5_000, cleanupPolicy: 'compact,delete' })
    expect(u!.partitions).toHaveLength(4)
    expect(u).toMatchObject({ retentionMs: undefined, cleanupPolicy: 'delete' })
    expect((await log.describeTopics(['u', 'none'])).map(({ topic }) => topic)).toEqual(['u'])
  })

  test('are changed in what is given', async () => {
    const { log, clock } = temporaryLog()
    await log.ensureTopic('t', { partitions: 2, retentionMs: 5_000 })
    await log.append('t', [record('before')], 'all')
    await log.alterTopic('t', { partitions: 4 })
    await log.alterTopic('t', { cleanupPolicy: 'compact' })
    const [changed] = await log.describeTopics()
    expect(changed!.partitions.map(({ partition }) => partition)).toEqual([0, 1, 2, 3])
    expect(changed).toMatchObject({ retentionMs: 5_000, cleanupPolicy: 'compact' })
    await log.append('t', [record('behind', { partition: 3 })], 'all')
    expect(await readAll(log.source('t'), clock)).toHaveLength(2)
    await log.alterTopic('t', { retentionMs: Number.POSITIVE_INFINITY, replicationFactor: 3 })
    expect((await log.describeTopics())[0]!.retentionMs).toBeUndefined()
  })

  test('are not changed to fewer partitions, nor where there are none', async () => {
    const { log } = temporaryLog()
    await log.ensureTopic('t', { partitions: 2, retentionMs: 5_000 })
    await expect(log.alterTopic('t', { partitions: 1, retentionMs: 1 })).rejects.toMatchObject({
      code: 'TOPIC_PARTITIONS_LOWERED',
      message: "topic 't' has 2 partitions, and can't have 1: partitions are only added",
    })
    await expect(log.alterTopic('t', { partitions: 2000 })).rejects.toMatchObject({ code: 'TOPIC_INVALID' })
    await expect(log.alterTopic('u', { partitions: 3 })).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND' })
    expect((await log.describeTopics())[0]).toMatchObject({ retentionMs: 5_000 })
  })

  test.each([
    ['a name with a slash', 'a/b', {}],
    ['no name', '', {}],
    ['no partitions', 't', { partitions: 0 }],
    ['a negative retention', 't', { retentionMs: -1 }],
  ])('%s is refused', async (_what, topic, options) => {
    await expect(temporaryLog().log.ensureTopic(topic, options)).rejects.toMatchObject({ code: 'TOPIC_INVALID' })
  })

  test('an unknown topic is refused, with the topics there are', async () => {
    const { log } = temporaryLog()
    await log.ensureTopic('raw-events')
    await expect(log.append('raw-event', [record('x')], 'all')).rejects.toMatchObject({
      code: 'TOPIC_NOT_FOUND',
      message: expect.stringContaining("'raw-event'"),
      fix: expect.stringContaining('raw-events'),
    })
  })

  test('are described with their offsets and sizes', async () => {
    const { log } = temporaryLog()
    await log.ensureTopic('t', { partitions: 2 })
    await log.append('t', [record('x', { partition: 1 }), record('y', { partition: 1 })], 'all')
    const [topic] = await log.describeTopics()
    expect(topic!.partitions).toEqual([
      { partition: 0, earliestOffset: 0n, latestOffset: 0n, sizeBytes: 0 },
      { partition: 1, earliestOffset: 0n, latestOffset: 2n, sizeBytes: 34 },
    ])
  })
})

describe('an append', () => {
  test('gives dense offsets per partition, in the order of the records, over calls', async () => {
    const { log } = temporaryLog()
    await log.ensureTopic('t', { partitions: 2 })
    const on = (partition: number) => record('x', { partition })
    const first = await log.append('t', [on(0), on(1), on(0)], 'all')
    expect(first.map(({ partition, offset }) => [partition, offset])).toEqual([
      [0, 0n],
      [1, 0n],
      [0, 1n],
    ])
    const [a, b] = await Promise.all([log.append('t', [on(1), on(1)], 1), log.append('t', [on(1)], 'all')])
    expect([...a, ...b].map(({ offset }) => offset)).toEqual([1n, 2n, 3n])
    expect(await log.append('t', [], 'all')).toEqual([])
  })

  test('over many stored batches keeps offset and record together', async () => {
    const { log, clock } = temporaryLog()
    await log.ensureTopic('t', { partitions: 3 })
    const records = Array.from({ length: 5_000 }, (_, i) => record(`${i}`, { key: bytes(`key-${i % 97}`) }))
    const metadata = await log.append('t', records, 1)
    const stored = new Map((await readAll(log.source('t'), clock)).map((r) => [`${r.partition}:${r.offset}`, r]))
    expect(stored.size).toBe(5_000)
    for (const [i, { partition, offset }] of metadata.entries()) {
      expect(text(stored.get(`${partition}:${offset}`)!.value)).toBe(`${i}`)
    }
  })

  test('puts a key always on the partition that Kafka would choose', async () => {
    const { log } = temporaryLog()
    await log.ensureTopic('t', { partitions: 7 })
    for (const key of ['user-1', 'user-2', 'ü', '']) {
      const [metadata] = await log.append('t', [record('x', { key: bytes(key) })], 1)
      expect(metadata!.partition).toBe(partitionOfKey(bytes(key), 7))
    }
  })

  test('keeps unkeyed records of a call together and takes the next partition for the next call', async () => {
    const { log } = temporaryLog()
    await log.ensureTopic('t', { partitions: 3 })
    const partitionsOf = async (count: number) =>
      Array.from(await log.append('t', new Array(count).fill(record('x')), 1), ({ partition }) => partition)
    expect(await partitionsOf(2)).toEqual([0, 0])
    expect(await partitionsOf(1)).toEqual([1])
    expect(new Set(await partitionsOf(1_536))).toEqual(new Set([0, 1, 2]))
  })

  test('to a partition that is not there, or of a record too large, is refused and appends nothing', async () => {
    const { log, clock } = temporaryLog()
    await log.ensureTopic('t', { partitions: 2 })
    const bad = [record('fine'), record('x', { partition: 2 })]
    await expect(log.append('t', bad, 'all')).rejects.toMatchObject({ code: 'PARTITION_NOT_FOUND' })
    expect(await readAll(log.source('t'), clock)).toEqual([])
  })

  test('with acks 0 answers with offset −1 at once; close waits for the records', async () => {
    const { log, path, clock } = temporaryLog()
    await log.ensureTopic('t', { partitions: 1 })
    expect(await log.append('t', [record('x')], 0)).toEqual([{ topic: 't', partition: 0, offset: -1n }])
    await log.close()
    const again = temporaryLog({ path }).log
    expect((await readAll(again.source('t'), clock)).map(({ value }) => text(value))).toEqual(['x'])
  })

  test('that finds the disk full is taken back whole, says so, and the log goes on', async () => {
    const { log, clock, lines } = temporaryLog({ maxSizeBytes: 400_000 })
    await log.ensureTopic('t', { partitions: 2 })
    await log.append('t', [record('before')], 'all')
    const large = [record('small'), record('x'.repeat(1_000_000))]
    await expect(log.append('t', large, 'all')).rejects.toMatchObject({
      code: 'DISK_FULL',
      fix: expect.stringContaining('Free space'),
    })
    await log.append('t', large, 0)
    await log.append('t', [record('after')], 'all')
    expect((await readAll(log.source('t'), clock)).map(({ value }) => text(value)).sort()).toEqual(['after', 'before'])
    expect(lines).toEqual([
      {
        level: 'error',
        message: expect.any(String),
        fields: expect.objectContaining({ event: 'append-lost', records: 2, lostRecordsTotal: 2 }),
      },
    ])
  })

  test('waits for another writer without holding up the process, and gives up in the end', async () => {
    const { log, path, clock } = temporaryLog()
    await log.ensureTopic('t', { partitions: 1 })
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    const patient = log.append('t', [record('x')], 'all')
    await expect.poll(() => clock.scheduled).toBe(1)
    other.exec('ROLLBACK')
    clock.advance(5)
    expect((await patient)[0]!.offset).toBe(0n)

    other.exec('BEGIN IMMEDIATE')
    const refused = expect(log.append('t', [record('y')], 'all')).rejects.toMatchObject({ code: 'LOG_BUSY' })
    await expect.poll(() => clock.scheduled).toBe(1)
    clock.advance(30_000)
    await refused
    other.exec('ROLLBACK')
    other.close()
    expect((await log.append('t', [record('z')], 'all'))[0]!.offset).toBe(1n)
  })

  test('after close is refused', async () => {
    const { log } = temporaryLog()
    await log.ensureTopic('t')
    await log.close()
    await expect(log.ensureTopic('u')).rejects.toThrow()
    await expect(log.append('t', [record('x')], 'all')).rejects.toThrow()
  })
})

describe('retention', () => {
  test('goes by topic, whole batches from the front, as appends happen', async () => {
    const { log, clock } = temporaryLog()
    await log.ensureTopic('short', { partitions: 1, retentionMs: 60_000 })
    await log.ensureTopic('long', { partitions: 1 })
    for (let minute = 0; minute < 5; minute++) {
      for (const topic of ['short', 'long']) await log.append(topic, [record(`${minute}`), record(`${minute}`)], 1)
      clock.advance(60_000)
    }
    const [long, short] = await log.describeTopics()
    expect(long!.partitions[0]).toMatchObject({ earliestOffset: 0n, latestOffset: 10n })
    expect(short!.partitions[0]).toMatchObject({ earliestOffset: 6n, latestOffset: 10n })
    expect((await readAll(log.source('short'), clock)).map(({ value }) => text(value))).toEqual(['3', '3', '4', '4'])
  })

  test('does not touch a topic that only keeps the last record of each key', async () => {
    const { log, clock } = temporaryLog()
    await log.ensureTopic('t', { partitions: 1, retentionMs: 1_000, cleanupPolicy: 'compact' })
    await log.append('t', [record('old')], 1)
    clock.advance(60_000)
    await log.append('t', [record('new')], 1)
    expect(await readAll(log.source('t'), clock)).toHaveLength(2)
  })

  test('never leaves a hole: an old batch behind a new one stays', async () => {
    const { log, clock } = temporaryLog()
    await log.ensureTopic('t', { partitions: 1, retentionMs: 60_000 })
    await log.append('t', [record('new', { timestampMs: clock.nowMs() })], 1)
    await log.append('t', [record('old', { timestampMs: 0 })], 1)
    clock.advance(2_000)
    await log.append('t', [record('newer')], 1)
    expect(await readAll(log.source('t'), clock)).toHaveLength(3)
  })
})

describe('opening', () => {
  test('a file of a newer format is refused', async () => {
    const { log, path } = temporaryLog()
    await log.close()
    const database = new DatabaseSync(path)
    database.exec("UPDATE meta SET value = '4' WHERE key = 'format_version'")
    database.close()
    expect(() => temporaryLog({ path })).toThrow(
      expect.objectContaining({
        code: 'LOG_FORMAT_UNSUPPORTED',
        message: expect.stringContaining('format version 4, and this Sluice reads version 3'),
      }),
    )
  })

  test.each(['1', '2'])('a file of format %s is read on', async (version) => {
    const { log, path, clock } = temporaryLog()
    await log.ensureTopic('t')
    await log.append('t', [record('older')], 'all')
    await log.close()
    const database = new DatabaseSync(path)
    database.exec(`ALTER TABLE topic DROP COLUMN cleanup_policy; UPDATE meta SET value = '${version}'`)
    database.close()
    const { log: again } = temporaryLog({ path })
    expect(await readAll(again.source('t'), clock)).toHaveLength(1)
    expect((await again.describeTopics())[0]).toMatchObject({ cleanupPolicy: 'delete' })
  })

  test('a file that is no database, and a directory in its place, are refused', () => {
    const path = join(temporaryDirectory(), 'log.db')
    writeFileSync(path, 'this is not a database, and long enough to be read as the header of one')
    expect(() => temporaryLog({ path })).toThrow(expect.objectContaining({ code: 'LOG_CORRUPT' }))
    expect(() => temporaryLog({ path: temporaryDirectory() })).toThrow(
      expect.objectContaining({ code: 'LOG_UNAVAILABLE' }),
    )
  })

  test('twice in one process works: both see the same topics', async () => {
    const { log, path, clock } = temporaryLog()
    const other = temporaryLog({ path }).log
    await log.ensureTopic('t', { partitions: 1 })
    await other.append('t', [record('x')], 'all')
    await log.append('t', [record('y')], 'all')
    expect((await readAll(other.source('t'), clock)).map(({ offset }) => offset)).toEqual([0n, 1n])
  })
})
