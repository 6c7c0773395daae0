import { describe, expect, test } from 'vitest'
import { Batch } from '../../../../topology/element.ts'
import { partitionOfKey } from '../../../../topology/murmur2.ts'
import { sinkConformance } from '../../../conformance/sink.ts'
import { bytes, MARKERS, record, request, TOPIC, testCluster, text } from './setup.ts'

const HOUR_MS = 3_600_000

describe('a topic as a sink that is exactly once', () => {
  test.each(sinkConformance)('$name', async ({ run }) => {
    const cluster = testCluster()
    await run({
      open: () => cluster.open(),
      row: (n) => record(String(n)),
      visible: async () => cluster.values().map(Number),
      canRewind: false,
    })
  })

  test('puts records where their keys belong, with headers, tombstones and times', async () => {
    const { begin, kafka, clock } = testCluster()
    const { committer, writer } = await begin(1n)
    const headers = [
      { key: 'trace', value: bytes('1') },
      { key: 'none', value: null },
    ]
    const rows = [
      { key: bytes('a'), value: bytes('one'), headers, timestampMs: 7 },
      { key: bytes('b'), value: null },
      { key: bytes('é'), value: bytes('') },
      { key: null, value: bytes('there'), partition: 3 },
    ]
    await writer.write(new Batch(rows))
    const prepared = request(1n, 1n, await writer.prepareCommit(1n))
    const writtenMs = clock.nowMs()
    clock.advance(HOUR_MS)
    await committer.commit(prepared)
    const buffer = (part: Uint8Array | null) => part && Buffer.from(part)
    for (const { key, value, timestampMs = writtenMs, partition = partitionOfKey(key!, 4) } of rows) {
      const expected = { key: buffer(key), value: buffer(value), timestampMs, partition }
      expect(kafka.consume(TOPIC)).toContainEqual(expect.objectContaining(expected))
    }
    expect(kafka.consume(TOPIC).find(({ key }) => text(key) === 'a')?.headers).toEqual([
      { key: 'trace', value: Buffer.from('1') },
      { key: 'none', value: null },
    ])
  })

  test('spills as it fills, keeps the order of each partition, and cuts long checkpoints into transactions', async () => {
    const { begin, kafka, segments } = testCluster({
      partitions: 2,
      segmentBytes: 2_000,
      transactionBytes: 3_000,
      config: { 'max.message.bytes': '1000' },
    })
    const { committer, writer, prepare } = await begin(1n)
    let waits = 0
    for (let i = 0; i < 100; i++) {
      const full = writer.write(new Batch([record(`k${i % 7}=${i}${'.'.repeat(90)}`)]))
      if (full !== undefined) waits++
      await full
    }
    expect(waits).toBeGreaterThan(3)
    const prepared = await prepare(1n, 'k0=100')
    expect(prepared.committables.length).toBe(waits + 1)
    expect(segments()).toHaveLength(waits + 1)
    await committer.commit(prepared)
    for (const partition of [0, 1]) {
      const numbers = kafka
        .consume(TOPIC)
        .filter((each) => each.partition === partition)
        .map(({ value }) => Number.parseInt(text(value).split('=')[1]!, 10))
      expect(numbers.length).toBeGreaterThan(20)
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    }
    const chunks = kafka.consume(MARKERS).map(({ value }) => JSON.parse(text(value)).committed?.chunk ?? -1)
    expect(Math.max(...chunks)).toBeGreaterThan(0)
    expect(segments()).toEqual([])
  })

  test('ends a transaction before its time is over', async () => {
    const { begin, kafka, clock } = testCluster({ set: { sinkShards: 1 }, config: { 'max.message.bytes': '300' } })
    const { committer, prepare } = await begin(1n, undefined, {
      // A broker that takes 10 seconds for a request.
      faultPoint: (name) => name === 'kafka-sink.after-produce' && clock.advance(10_000),
    })
    await committer.commit(await prepare(1n, ...Array.from({ length: 20 }, (_, i) => `k=${i}${'.'.repeat(100)}`)))
    expect(kafka.consume(TOPIC)).toHaveLength(20)
    expect(kafka.transactions.ongoing).toEqual([])
  })

  test('refuses what the topic would not take when it is written, and says what can be done', async () => {
    const { begin } = testCluster({ config: { 'max.message.bytes': '1000' } })
    const { writer, prepare, committer } = await begin(1n)
    await writer.write(new Batch([record(`fits=${'x'.repeat(850)}`)]))
    expect(() => writer.write(new Batch([record('small=1'), record(`user-1=${'x'.repeat(1_000)}`)]))).toThrow(
      expect.objectContaining({
        code: 'RECORD_TOO_LARGE',
        message: expect.stringMatching(
          /^job 'job', sink 'sink\(out\)', topic 'out': a record with key 'user-1' has 11\d\d bytes, the topic takes 1000$/,
        ),
        fix: expect.stringContaining('max.message.bytes'),
        details: expect.objectContaining({ key: 'user-1', maxBytes: 1_000 }),
      }),
    )
    await committer.commit(await prepare(1n))
  })

  test.each([
    ['without a key, where the topic is compacted', { 'cleanup.policy': 'compact' }, { key: null }],
    ['of tomorrow', {}, { key: bytes('user-1'), timestampMs: Date.UTC(2026, 0, 2) }],
  ])('refuses a record %s when it is written: its checkpoint could not be committed', async (_which, config, parts) => {
    const { begin } = testCluster({ config })
    const { writer, prepare, committer } = await begin(1n)
    const refused = { ...parts, value: bytes('x') }
    expect(() => writer.write(new Batch([record('small=1'), refused]))).toThrow(
      expect.objectContaining({
        code: 'RECORD_REFUSED',
        message: expect.stringMatching(/^job 'job', sink 'sink\(out\)', topic 'out': a record /),
        fix: expect.stringContaining('`poisoned`'),
      }),
    )
    await committer.commit(await prepare(1n, 'small=2'))
  })

  test('names a topic that is not there', async () => {
    const cluster = testCluster()
    const refused = cluster.open({ topic: 'ouf' }).createWriter(cluster.context(1n))
    await expect(refused).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND', message: expect.stringContaining("'out'") })
  })
})

describe('the shards of a sink', () => {
  test('are as many as at its first run, whatever is set later', async () => {
    const cluster = testCluster({ partitions: 6 })
    const first = await cluster.begin(1n, undefined, { settings: { ...cluster.settings, sinkShards: 4 } })
    const one = await first.prepare(1n, 'a=1', 'b=1', 'c=1', 'd=1')
    await first.committer.commit(one)
    const second = await cluster.begin(2n, one, { settings: { ...cluster.settings, sinkShards: 1 } })
    const two = await second.prepare(2n, 'a=2', 'b=2', 'c=2', 'd=2')
    await second.committer.commit(two)
    const third = await cluster.begin(3n, two, { settings: { ...cluster.settings, sinkShards: 6 } })
    await third.committer.commit(await third.prepare(3n, 'a=3', 'b=3', 'c=3', 'd=3'))
    const markers = cluster.kafka
      .consume(MARKERS)
      .map(({ key, value }) => ({ key: text(key), ...JSON.parse(text(value)) }))
    expect(new Set(markers.map(({ shards }) => shards))).toEqual(new Set([4]))
    expect(new Set(markers.map(({ key }) => key))).toEqual(
      new Set([0, 1, 2, 3].map((shard) => `job/sink(out)/${shard}`)),
    )
    expect(cluster.values()).toHaveLength(12)
  })

  test('are not those of another job, nor of another sink', async () => {
    const cluster = testCluster()
    const { committer } = await cluster.begin(9n)
    for (const name of [{ job: 'job2' }, { job: 'jo' }, { uid: 'sink(ou' }, { job: 'job/sink(out)' }]) {
      const other = await cluster.open().createCommitter({ ...cluster.context(1n), ...name })
      await other.fence({ epoch: 1n, restored: undefined, allowRewind: false })
    }
    await committer.commit(request(9n, 1n, []))
  })
})

describe('the topic of markers', () => {
  test('is made when it is not there: compacted, and never emptied by age', async () => {
    const { begin, kafka } = testCluster()
    await begin(1n)
    const config = await (await kafka.driver().admin()).topicConfig(MARKERS)
    expect(config.get('cleanup.policy')?.value).toBe('compact')
    expect(config.get('retention.ms')?.value).toBe('-1')
  })

  test('is refused when it forgets', async () => {
    const { begin, kafka } = testCluster()
    kafka.createTopic(MARKERS, 1, { 'cleanup.policy': 'delete' })
    await expect(begin(1n)).rejects.toMatchObject({ code: 'MARKER_TOPIC_INVALID' })
  })

  test('is missed where it is another one: what a checkpoint owes may be in the topic', async () => {
    const cluster = testCluster()
    const crash = (name: string) => {
      if (name === 'kafka-sink.before-removal') throw new Error('crash')
    }
    const first = await cluster.begin(1n, undefined, { faultPoint: crash })
    const one = await first.prepare(1n, 'a=1')
    await expect(first.committer.commit(one)).rejects.toThrow('crash')
    const elsewhere = { settings: { ...cluster.settings, markerTopic: 'other-markers' } }
    await expect(cluster.begin(2n, one, elsewhere)).rejects.toMatchObject({ code: 'MARKERS_MISSING' })
    await cluster.begin(3n, one)
    expect(cluster.values()).toEqual(['a=1'])
  })

  test('of a newer version is not guessed at', async () => {
    const { begin, kafka } = testCluster()
    const first = await begin(1n)
    const value = bytes(JSON.stringify({ version: 2 }))
    kafka.partition(MARKERS, 0).append([{ key: bytes('job/sink(out)/0'), value }], 0)
    await expect(begin(2n)).rejects.toMatchObject({ code: 'MARKER_VERSION' })
    await first.committer.close()
  })
})

describe('a commit whose reply is lost', () => {
  test.each(['lost', 'reply-lost'] as const)('is looked into, and done once: %s', async (fate) => {
    const { begin, kafka, lines, values } = testCluster()
    const { committer, prepare } = await begin(1n)
    kafka.network.next('end-transaction', fate, { times: 2 })
    await committer.commit(await prepare(1n, 'a=1', 'b=1', 'c=1', 'd=1', 'e=1'))
    expect(values().toSorted()).toEqual(['a=1', 'b=1', 'c=1', 'd=1', 'e=1'])
    expect(lines.filter(({ fields }) => fields['event'] === 'producer-replaced')).toHaveLength(2)
  })

  test('waits, and says so, while a transaction of somebody else holds the markers back', async () => {
    const { begin, kafka, clock, lines, values } = testCluster()
    const { committer, prepare } = await begin(1n)
    const other = await (
      await kafka.driver().producer({ transactionalId: 'other', transactionTimeoutMs: HOUR_MS })
    ).begin()
    await other.send([{ topic: MARKERS, partition: 0, records: [{ key: bytes('other'), value: bytes('{}') }] }])
    kafka.network.next('end-transaction', 'reply-lost')
    let isDone = false
    const committed = committer.commit(await prepare(1n, 'a=1', 'b=1')).then(() => {
      isDone = true
    })
    for (let second = 0; second < 30; second++) {
      await clock.turn()
      clock.advance(1_000)
    }
    expect(isDone).toBe(false)
    const said = lines.filter(({ fields }) => fields['event'] === 'markers-held')
    expect(said.length).toBeGreaterThan(1)
    expect(said.length).toBeLessThan(6)
    await other.commit()
    await committed
    expect(values().toSorted()).toEqual(['a=1', 'b=1'])
  })

  test('ends its wait when the job ends', async () => {
    const { begin, kafka, clock } = testCluster()
    const { committer, prepare } = await begin(1n)
    const other = await (
      await kafka.driver().producer({ transactionalId: 'other', transactionTimeoutMs: HOUR_MS })
    ).begin()
    await other.send([{ topic: MARKERS, partition: 0, records: [{ key: bytes('other'), value: bytes('{}') }] }])
    kafka.network.next('end-transaction', 'reply-lost')
    const committed = committer.commit(await prepare(1n, 'a=1'))
    const refused = expect(committed).rejects.toThrow('aborted')
    await clock.turn()
    await committer.close()
    await refused
  })

  test('goes on for as long as every producer gets something done', async () => {
    const config = { 'max.message.bytes': '150' }
    const { begin, kafka, clock, values } = testCluster({ set: { sinkShards: 1 }, config, transactionBytes: 1 })
    const { committer, prepare } = await begin(1n)
    const specs = Array.from({ length: 30 }, (_, i) => `a=${i}`)
    kafka.network.next('end-transaction', 'reply-lost', { times: 30 })
    const committed = committer.commit(await prepare(1n, ...specs))
    let isDone = false
    void committed.finally(() => {
      isDone = true
    })
    for (let i = 0; i < 1_000 && !isDone; i++) {
      await clock.turn()
      clock.advance(0)
    }
    await committed
    expect(values()).toEqual(specs)
  })

  test('fails the attempt when producers get nothing done for long', async () => {
    const { begin, kafka, clock } = testCluster({ set: { sinkShards: 1 } })
    const { committer, prepare } = await begin(1n)
    kafka.network.next('end-transaction', 'lost', { times: 100 })
    const committed = committer.commit(await prepare(1n, 'a=1'))
    const refused = expect(committed).rejects.toMatchObject({ code: 'KAFKA_UNKNOWN_OUTCOME' })
    for (let i = 0; i < 100; i++) {
      await clock.turn()
      clock.advance(0)
    }
    await refused
  })
})

describe('a zombie', () => {
  test('that takes its ids again finds the newer epoch, and the rightful one recovers from that', async () => {
    const cluster = testCluster()
    const zombie = await cluster.begin(1n)
    const late = await zombie.prepare(1n, 'a=late', 'b=late')
    const next = await cluster.begin(2n)
    await expect(zombie.committer.commit(late)).rejects.toMatchObject({
      code: 'FENCED',
      message: expect.stringContaining("job 'job', sink 'sink(out)', topic 'out': epoch 1 is over, epoch 2"),
    })
    await next.committer.commit(await next.prepare(1n, 'a=1', 'b=1', 'c=1', 'd=1'))
    expect(cluster.values().toSorted()).toEqual(['a=1', 'b=1', 'c=1', 'd=1'])
    expect(cluster.lines.some(({ fields }) => fields['event'] === 'producer-replaced')).toBe(true)
  })
})

describe('what waits in the outbox', () => {
  test('stays as long as a retained manifest may still be restored, and goes once none may', async () => {
    const cluster = testCluster()
    const first = await cluster.begin(1n)
    const one = await first.prepare(1n, 'a=1')
    await first.committer.commit(one)
    // Complete, and its coordinator died before the commit.
    const two = await first.prepare(2n, 'a=2')
    // A user goes back to the one before.
    const second = await cluster.begin(2n, one)
    expect(cluster.segments()).toHaveLength(1)
    await second.committer.commit(request(2n, 3n, []))
    expect(cluster.segments()).toHaveLength(1)
    // And thinks better of it.
    const third = await cluster.begin(3n, two)
    expect(cluster.values()).toEqual(['a=1', 'a=2'])
    await third.prepare(4n, 'a=never complete')
    const fourth = await cluster.begin(4n, two)
    expect(cluster.segments()).toHaveLength(1)
    await fourth.committer.commit(await fourth.prepare(5n, 'a=5'))
    expect(cluster.segments()).toEqual([])
    await expect(cluster.begin(5n, two)).rejects.toMatchObject({ code: 'REWIND_REFUSED' })
  })

  test('is named when it is gone or damaged, and nothing is committed', async () => {
    const { begin, files, segments, values, kafka } = testCluster()
    const { committer, prepare } = await begin(1n)
    const prepared = await prepare(1n, 'a=1', 'b=1')
    const [location] = segments()
    const whole = files.contents.get(location!)!
    files.contents.set(location!, whole.with(whole.length - 1, 0))
    await expect(committer.commit(prepared)).rejects.toMatchObject({ code: 'SEGMENT_CORRUPT' })
    files.contents.set(location!, whole.subarray(0, whole.length - 1))
    await expect(committer.commit(prepared)).rejects.toMatchObject({ code: 'SEGMENT_CORRUPT' })
    files.contents.delete(location!)
    await expect(committer.commit(prepared)).rejects.toMatchObject({
      code: 'STAGED_OUTPUT_MISSING',
      message: expect.stringContaining(location!),
    })
    files.contents.set(location!, whole)
    await committer.commit(prepared)
    expect(values().toSorted()).toEqual(['a=1', 'b=1'])
    expect(kafka.transactions.ongoing).toEqual([])
  })
})

describe('a topic as a sink that is at least once', () => {
  const atLeastOnce = { set: { delivery: 'at-least-once' } } as const

  test('shows records at once, and has them acknowledged at the barrier', async () => {
    const { begin, values, kafka } = testCluster(atLeastOnce)
    const { writer, committer, prepare } = await begin(1n)
    await writer.write(new Batch([record('a=1')]))
    await expect.poll(values).toEqual(['a=1'])
    const prepared = await prepare(1n, 'a=2')
    expect(values()).toEqual(['a=1', 'a=2'])
    expect(prepared.committables).toEqual([])
    await committer.commit(prepared)
    await begin(2n)
    expect(await (await kafka.driver().admin()).listTopics()).toEqual([TOPIC])
  })

  test('makes whoever writes wait when it is full', async () => {
    const { begin, values } = testCluster({ ...atLeastOnce, segmentBytes: 500 })
    const { writer } = await begin(1n)
    expect(writer.write(new Batch([record('a=1')]))).toBeUndefined()
    const full = writer.write(new Batch(Array.from({ length: 10 }, (_, i) => record(`a=${i}${'.'.repeat(50)}`))))
    expect(full).toBeInstanceOf(Promise)
    await full
    expect(values()).toHaveLength(11)
  })

  test('fails at the barrier with what could not be sent', async () => {
    const { begin, kafka } = testCluster(atLeastOnce)
    const { prepare } = await begin(1n)
    kafka.network.next('produce', 'lost')
    await expect(prepare(1n, 'a=1')).rejects.toMatchObject({ code: 'KAFKA_UNKNOWN_OUTCOME' })
  })

  test('still commits what a checkpoint from before owes', async () => {
    const cluster = testCluster()
    const owed = await (await cluster.begin(1n)).prepare(1n, 'a=1')
    await cluster.begin(2n, owed, { settings: { ...cluster.settings, ...atLeastOnce.set } })
    expect(cluster.values()).toEqual(['a=1'])
  })
})
