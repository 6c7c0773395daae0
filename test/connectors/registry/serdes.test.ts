import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { memorySink } from '../../../connectors/memory/memory-sink.ts'
import { openRegistrySerdes } from '../../../connectors/registry/serdes.ts'
import { bronzeLayer } from '../../../operators/medallion/bronze-layer.ts'
import { avro, protobuf, RawValue, raw } from '../../../topology/format.ts'
import { decimal, long, timestamptz } from '../../../topology/schema/index.ts'
import { to } from '../../../topology/to.ts'
import { type Topic, topic } from '../../../topology/topic.ts'
import { topology } from '../../../topology/topology.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { openRegistryWorld, placed } from '../../support/registry-job.ts'
import { runInMemory, startInMemory } from '../../support/run-in-memory.ts'
import { until } from '../../support/run-process.ts'
import { type RecordedLog, recordingLogger, silentMetrics } from '../../support/silent.ts'
import { switchableRegistry } from './support/switchable-registry.ts'

const Order = z.object({ id: long(), amount: decimal(18, 2), at: timestamptz() })
const order = (id: bigint) => ({ id, amount: 2n ** 53n + id, at: 1_764_316_800_000_000n + id })
const orders = topic('orders', Order, { format: avro() })

function reading<T>(from: Topic<T>, rows = memorySink<T>('rows')) {
  const job = topology('reading', (builder) => {
    builder.from(from).pipe(to(rows))
  })
  return { job, rows }
}

describe.each([
  ['Avro', avro()],
  ['Protobuf', protobuf()],
])('a job over topics in %s', (_name, format) => {
  test('reads one and writes another', async () => {
    await using world = openRegistryWorld(switchableRegistry())
    const source = topic('source', Order, { format })
    const copy = topic('copy', Order, { format })
    await world.write(source, [order(1n), order(2n)])
    const job = topology('copying', ({ from }) => {
      from(source).pipe(to(copy))
    })
    await runInMemory(job, { ...world, log: [] })
    const { job: check, rows } = reading(copy)
    await runInMemory(check, { ...world, log: [] })
    expect(rows.committed.toSorted((a, b) => Number(a.id - b.id))).toEqual([order(1n), order(2n)])
  })
})

describe('a registry that is away', () => {
  test('holds the job up: it says so, goes on when it is back, and loses nothing', async () => {
    const registry = switchableRegistry()
    await using world = openRegistryWorld(registry)
    await world.write(orders, [order(1n)])
    const { job, rows } = reading(orders)
    let awaited: number | undefined
    const gauge = (name: string) => ({
      set(value: number) {
        if (name === 'schemas_awaited') awaited = value
      },
    })
    const run = await startInMemory(job, {
      ...world,
      log: [],
      until: 'stopped',
      checkpointIntervalMs: 20,
      metrics: () => ({ ...silentMetrics, gauge }),
    })
    await until('the first record is there', async () => rows.committed.length === 1)

    const WithNote = Order.extend({ note: z.string().optional() })
    const values = await world.encode(topic('orders', WithNote, { format: avro() }), [{ ...order(2n), note: 'x' }])
    registry.isAway = true
    await world.append('orders', values)
    const asked = registry.requests.length
    await until('it has been asked again and again', async () => registry.requests.length > asked + 2)
    expect(awaited).toBe(1)
    expect(rows.committed).toHaveLength(1)
    expect(world.log.filter(({ fields }) => fields['event'] === 'registry-unavailable')).toMatchObject([
      {
        level: 'warn',
        message: expect.stringMatching(
          /registry does not answer: .*ECONNREFUSED; waiting for schema \d+, which orders\[\d\]@\d names$/,
        ),
        fields: { topic: 'orders', schemaId: expect.any(Number), offset: expect.any(String) },
      },
    ])

    registry.isAway = false
    await until('the second record is there', async () => rows.committed.length === 2)
    expect(awaited).toBe(0)
    expect(world.log.filter(({ fields }) => fields['event'] === 'registry-back')).toHaveLength(1)
    await run.stop()
    expect(rows.committed.toSorted((a, b) => Number(a.id - b.id))).toEqual([order(1n), order(2n)])
  })

  test('ends a job that starts, after a while, naming the setting', async () => {
    const clock = new ManualClock()
    const registry = switchableRegistry()
    registry.isAway = true
    const log: RecordedLog[] = []
    const serdes = openRegistrySerdes({ registry, clock, random: () => 1, logger: recordingLogger(log) })
    let failure: unknown
    const ensured = serdes.ensure({ read: [], written: [orders as never] }).catch((error) => {
      failure = error
    })
    while (failure === undefined) {
      await clock.turn()
      clock.advance(100)
    }
    await ensured
    expect(clock.nowMs()).toBeLessThanOrEqual(10_000)
    expect(failure).toMatchObject({ code: 'REGISTRY_UNAVAILABLE', fix: expect.stringContaining('SCHEMA_REGISTRY_URL') })
    expect(log).toHaveLength(1)
  })

  test('need not be there for another attempt of a job', async () => {
    const registry = switchableRegistry()
    await using world = openRegistryWorld(registry)
    await world.write(orders, [order(1n)])
    await runInMemory(reading(orders).job, { ...world, log: [] })
    registry.isAway = true
    const { job, rows } = reading(orders)
    await runInMemory(job, { ...world, log: [] })
    expect(rows.committed).toHaveLength(1)
  })

  test('is said again each minute, and whoever waits is let go when all is closed', async () => {
    const clock = new ManualClock()
    const registry = switchableRegistry()
    const log: RecordedLog[] = []
    const serdes = openRegistrySerdes({ registry, clock, random: () => 1, logger: recordingLogger(log) })
    registry.isAway = true
    const waiting = serdes.serializer(orders as never).prepare!()!
    for (let second = 0; second < 130; second++) {
      await clock.turn()
      clock.advance(1_000)
    }
    expect(log.map(({ fields }) => Math.round(Number(fields['waitedMs']) / 60_000))).toEqual([0, 1, 2])
    await serdes.close()
    await expect(waiting).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
  })
})

describe('what is not to be decoded', () => {
  const unknownId = Uint8Array.of(0, 0, 0, 3, 231, 2)

  test('goes to the quarantine of bronze, and says what it is', async () => {
    await using world = openRegistryWorld(switchableRegistry())
    const [good] = await world.encode(orders, [order(1n)])
    const foreign = topic('other', z.object({ id: z.string() }), { format: avro() })
    const [wrongType] = await world.encode(foreign, [{ id: 'x' }])
    const [protobufs] = await world.encode(topic('third', Order, { format: protobuf() }), [order(1n)])
    const cutOff = good!.subarray(0, good!.length - 1)
    await world.append('orders', [
      good!,
      null,
      Buffer.from('{"id":1}'),
      Uint8Array.of(0, 0),
      unknownId,
      cutOff,
      Buffer.concat([good!, Uint8Array.of(1)]),
      wrongType!,
      protobufs!,
    ])
    const parsed = memorySink<{ id: bigint | null }>('parsed')
    const rejected = memorySink<Record<string, unknown>>('rejected')
    const job = topology('bronze', ({ from }) => {
      const bronze = from(orders).pipe(bronzeLayer({ sourceSystem: 'shop', columns: { id: 'id' } }))
      bronze.parsed.pipe(to(parsed as never))
      bronze.rejected.pipe(to(rejected as never))
    })
    await runInMemory(job, { ...world, log: [] })
    expect(parsed.committed).toMatchObject([{ id: 1n }])
    expect(rejected.committed.map(({ rule, reason }) => `${rule}: ${reason}`).toSorted()).toEqual([
      'avro: no value: the record is a tombstone',
      'avro: not a record of schema 1: 1 bytes are left over',
      'avro: not a record of schema 1: it is cut off',
      "avro: not in Confluent's wire format: 2 bytes only",
      "avro: not in Confluent's wire format: it begins with byte 123, not with 0",
      'avro: schema 999 is not in the registry',
      "schema: schema 2: id: Avro string can't be read as long",
      'schema: schema 3 is PROTOBUF, not AVRO',
    ])
  })

  test('fails a job that has no quarantine, naming the record', async () => {
    await using world = openRegistryWorld(switchableRegistry())
    await world.append('orders', [unknownId])
    const { job } = reading(orders)
    await expect(runInMemory(job, { ...world, log: [] })).rejects.toThrow(
      /record orders\[\d\]@0 is not valid: schema 999 is not in the registry/,
    )
  })

  test('is looked for again after a while: the schema may be on its way', async () => {
    const clock = new ManualClock()
    const registry = switchableRegistry()
    const serdes = openRegistrySerdes({ registry, clock, random: () => 1, logger: recordingLogger() })
    const deserializer = serdes.deserializer(orders as never)
    await deserializer.prepare!([placed(unknownId)])
    expect(deserializer.prepare!([placed(unknownId)])).toBeUndefined()
    clock.advance(10_001)
    await deserializer.prepare!([placed(unknownId)])
    expect(registry.requests).toEqual(['id 999', 'id 999'])
    await serdes.close()
  })
})

describe('a schema that the subject does not take', () => {
  test('is refused when the job starts, with what is incompatible', async () => {
    await using world = openRegistryWorld(switchableRegistry())
    await world.write(orders, [order(1n)])
    const Changed = z.object({ id: z.string(), amount: decimal(18, 2), at: timestamptz(), user: z.string() })
    const job = topology('writing', ({ from }) => {
      from(topic('in', Changed)).pipe(to(topic('orders', Changed, { format: avro() })))
    })
    await expect(runInMemory(job, { ...world, log: [] })).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPATIBLE',
      message:
        "subject 'orders-value' does not take this schema: id: long can't be read as string; " +
        'user: it is required, and not written (it has no default) (compatibility BACKWARD)',
    })
  })

  test('is refused too when what is there cannot be read', async () => {
    await using world = openRegistryWorld(switchableRegistry())
    await world.write(orders, [order(1n)])
    const { job } = reading(topic('orders', z.object({ amount: z.boolean() }), { format: avro() }))
    await expect(runInMemory(job, { ...world, log: [] })).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPATIBLE',
      message: "topic 'orders' can't be read as it is declared: amount: Avro decimal(18, 2) can't be read as boolean",
    })
  })

  test('is taken with another compatibility', async () => {
    await using world = openRegistryWorld(switchableRegistry())
    await world.write(orders, [order(1n)])
    const Changed = z.object({ id: z.string() })
    const { job } = reading(topic('orders', Order, { format: avro() }))
    await runInMemory(job, { ...world, log: [] })
    const format = avro({ compatibility: 'NONE' })
    await world.serdes.ensure({ read: [], written: [topic('orders', Changed, { format }) as never] })
  })
})

test('raw bytes stay what they are', async () => {
  await using world = openRegistryWorld(switchableRegistry())
  const images = topic('images', RawValue, { format: raw() })
  await world.write(images, [{ value: Uint8Array.of(1, 2) }, { value: new Uint8Array() }])
  const { job, rows } = reading(images)
  await runInMemory(job, { ...world, log: [] })
  expect(rows.committed.map(({ value }) => [...value]).toSorted()).toEqual([[], [1, 2]])
})
