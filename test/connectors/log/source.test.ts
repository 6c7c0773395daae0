import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { sourceConformance } from '../../conformance/source.ts'
import { silentMetrics } from '../../support/silent.ts'
import { bytes, readAll, readerContext, temporaryLog, text } from './setup.ts'

describe('the log as a source', () => {
  test.each(sourceConformance)('$name', async ({ run }) => {
    const { log, clock } = temporaryLog()
    await log.ensureTopic('t', { partitions: 3 })
    await run({
      source: log.source('t'),
      context: readerContext(clock),
      append: async (partition, values, timestampMs) => {
        const records = values.map((value) => ({ key: null, value: bytes(value), partition }))
        await log.append('t', timestampMs === undefined ? records : records.map((r) => ({ ...r, timestampMs })), 'all')
      },
      advanceMs: (durationMs) => clock.advance(durationMs),
    })
  })

  test('makes its topic, with the options given', async () => {
    const { log } = temporaryLog()
    expect(await log.source('new', { partitions: 2, retentionMs: 1_000 }).discoverSplits({})).toHaveLength(2)
    expect((await log.describeTopics())[0]).toMatchObject({ topic: 'new', retentionMs: 1_000 })
  })

  test('sees what another connection appends once its next look is due', async () => {
    const { log, path, clock } = temporaryLog()
    await log.ensureTopic('t', { partitions: 1 })
    const reader = log.source('t').createReader(readerContext(clock))
    await reader.assign((await log.source('t').discoverSplits({})).map((split) => ({ ...split, position: '0' })))
    expect(reader.poll(10)).toBeUndefined()
    let woke = false
    const waiting = reader.wait(60_000, new AbortController().signal).then(() => {
      woke = true
    })
    const other = temporaryLog({ path })
    await other.log.append('t', [{ key: null, value: bytes('x') }], 1)
    expect(woke).toBe(false)
    clock.advance(20)
    await waiting
    expect((await reader.poll(10))!.length).toBe(1)
    expect(clock.scheduled).toBe(0)
  })

  test('counts the bytes of values, and tells the lag behind complete checkpoints', async () => {
    const { log, clock } = temporaryLog()
    await log.ensureTopic('t', { partitions: 1 })
    await log.append(
      't',
      [1, 2, 3].map((length) => ({ key: bytes('key'), value: new Uint8Array(length) })),
      1,
    )
    const values: Record<string, number> = {}
    const note = (name: string, labels: Readonly<Record<string, string>> = {}) => ({
      add: (count: number) => {
        values[name] = (values[name] ?? 0) + count
      },
      set: (value: number) => {
        values[`${name} ${labels['split']}`] = value
      },
    })
    const metrics = { ...silentMetrics, counter: note, gauge: note }
    const reader = log.source('t').createReader({ ...readerContext(clock), metrics })
    await reader.assign((await log.source('t').discoverSplits({})).map((split) => ({ ...split, position: '0' })))
    await reader.poll(2)
    reader.checkpointComplete!(reader.snapshot())
    expect(reader.readBytes).toBe(3)
    expect(values).toEqual({ 'pending_records t-0': 1 })
  })

  test('reads in the order of appends across splits, so that a large one does not fall behind', async () => {
    const { log, clock } = temporaryLog()
    await log.ensureTopic('t', { partitions: 2 })
    const many = Array.from({ length: 300 }, (_, i) => ({ key: null, value: bytes(`a${i}`), partition: 0 }))
    for (let i = 0; i < 4; i++) {
      await log.append('t', many, 1)
      await log.append('t', [{ key: null, value: bytes(`b${i}`), partition: 1 }], 1)
    }
    const reader = log.source('t').createReader(readerContext(clock))
    await reader.assign((await log.source('t').discoverSplits({})).map((split) => ({ ...split, position: '0' })))
    const order: string[] = []
    for (let batch = await reader.poll(100); batch !== undefined; batch = await reader.poll(100)) {
      order.push(`${batch.split}:${batch.length}`)
    }
    expect(order).toEqual(['0:100', '1:4', ...new Array(11).fill('0:100')])
  })

  test('a position that retention has trimmed is refused, with the earliest offset and a way on', async () => {
    const { log, clock } = temporaryLog()
    await log.ensureTopic('t', { partitions: 1, retentionMs: 10_000 })
    const append = (value: string) => log.append('t', [{ key: null, value: bytes(value) }], 1)
    await append('old')
    await append('old too')
    clock.advance(20_000)
    await append('new')
    const [split] = await log.source('t').discoverSplits({})
    expect(split!.start).toBe('2')
    expect((await readAll(log.source('t'), clock)).map(({ value }) => text(value))).toEqual(['new'])
    const reader = log.source('t').createReader(readerContext(clock))
    await reader.assign([{ ...split!, position: '1' }])
    const read = async () => reader.poll(10)
    await expect(read()).rejects.toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      message: expect.stringContaining("topic 't', partition 0: offset 1 is not there, the earliest is 2"),
      fix: expect.stringContaining('retention'),
      details: { topic: 't', partition: 0, offset: '1', earliestOffset: '2' },
    })
  })

  test.each([undefined, 'latest'] as const)(
    'a position behind the end is refused, not taken for the end of a run until %s',
    async (until) => {
      const { log, clock } = temporaryLog()
      await log.ensureTopic('t', { partitions: 1 })
      await log.append('t', [{ key: null, value: bytes('of a younger log') }], 1)
      const [split] = await log.source('t').discoverSplits(until === undefined ? {} : { until })
      const reader = log.source('t').createReader(readerContext(clock))
      await reader.assign([{ ...split!, position: '99' }])
      expect(() => reader.poll(10)).toThrow(
        expect.objectContaining({
          code: 'OFFSET_OUT_OF_RANGE',
          message: expect.stringContaining("topic 't', partition 0: offset 99 is not there, it ends before 1"),
          fix: expect.stringContaining('not the log'),
        }),
      )
    },
  )

  test('a position behind a topic that retention has emptied is refused too', async () => {
    const { log, clock } = temporaryLog()
    await log.ensureTopic('t', { partitions: 2, retentionMs: 10_000 })
    await log.append('t', [{ key: null, value: bytes('old'), partition: 0 }], 1)
    clock.advance(20_000)
    await log.append('t', [{ key: null, value: bytes('new'), partition: 1 }], 1)
    const [split] = await log.source('t').discoverSplits({})
    const reader = log.source('t').createReader(readerContext(clock))
    await reader.assign([{ ...split!, position: '0' }])
    expect(() => reader.poll(10)).toThrow(expect.objectContaining({ code: 'OFFSET_OUT_OF_RANGE' }))
  })

  test('one flipped byte is found, and named by topic, partition and offset', async () => {
    const { log, path, clock } = temporaryLog()
    await log.ensureTopic('t', { partitions: 1 })
    await log.append('t', [{ key: null, value: bytes('first') }], 'all')
    await log.append('t', [{ key: null, value: bytes('second') }], 'all')
    const database = new DatabaseSync(path)
    const row = database.prepare('SELECT packed FROM record_batch WHERE base_offset = 1').get()!
    const packed = row['packed'] as Uint8Array
    packed[packed.length - 1]! ^= 1
    database.prepare('UPDATE record_batch SET packed = ? WHERE base_offset = 1').run(packed)
    database.close()
    const reader = log.source('t').createReader(readerContext(clock))
    await reader.assign((await log.source('t').discoverSplits({})).map((split) => ({ ...split, position: '0' })))
    expect((await reader.poll(1))!.length).toBe(1)
    const corrupt = expect.objectContaining({
      code: 'LOG_CORRUPT',
      message: expect.stringContaining("topic 't', partition 0: the batch at offset 1"),
      details: expect.objectContaining({ topic: 't', partition: 0, offset: '1' }),
    })
    expect(() => reader.poll(10)).toThrow(corrupt)
    expect(() => reader.poll(10)).toThrow(corrupt)
    expect(reader.snapshot()[0]!.position).toBe('1')
  })
})

test('partitions that are added are found from their first record on', async () => {
  const { log } = temporaryLog()
  await log.ensureTopic('t', { partitions: 1 })
  const source = log.source('t')
  expect(source.discoveryIntervalMs).toBeGreaterThan(0)
  expect(await source.discoverSplits({})).toHaveLength(1)
  await log.alterTopic('t', { partitions: 3 })
  expect((await source.discoverSplits({ from: 'latest' })).map(({ id, start }) => [id, start])).toEqual([
    ['t-0', '0'],
    ['t-1', '0'],
    ['t-2', '0'],
  ])
})
