/** Topics in Avro and a registry that is a real one. */
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { memorySink } from '../../../connectors/memory/memory-sink.ts'
import type { RegistryTopic } from '../../../topology/contract/serde.ts'
import { avro, type Compatibility, protobuf } from '../../../topology/format.ts'
import { decimal, double, int, long, timestamptz } from '../../../topology/schema/index.ts'
import { deserializerOf } from '../../../topology/serde.ts'
import { to } from '../../../topology/to.ts'
import { topic } from '../../../topology/topic.ts'
import { topology } from '../../../topology/topology.ts'
import { openRegistryWorld, placed } from '../../support/registry-job.ts'
import { startInMemory } from '../../support/run-in-memory.ts'
import { until } from '../../support/run-process.ts'
import { type Apicurio, startApicurio } from './apicurio.ts'

const OrderV1 = z.object({ id: long(), amount: decimal(18, 2), at: timestamptz() })
const OrderV2 = OrderV1.extend({ coupon: z.string().optional() })

const order = (id: bigint) => ({ id, amount: 2n ** 53n + id, at: 1_764_316_800_000_000n + id })

let apicurio: Apicurio
beforeAll(async () => {
  apicurio = await startApicurio()
})
afterAll(() => apicurio[Symbol.asyncDispose]())

describe('schema evolution', () => {
  test.each([
    ['the old', OrderV1],
    ['the new', OrderV2],
  ])('readers with %s schema see records of both, while the job runs', async (name, Order) => {
    await using world = openRegistryWorld(apicurio.open())
    const at = `orders-${name.replace(' ', '-')}`
    const v1 = topic(at, OrderV1, { format: avro() })
    const v2 = topic(at, OrderV2, { format: avro() })
    await world.write(v1, [order(1n), order(2n)])
    const rows = memorySink<z.output<typeof Order> & object>('rows')
    const job = topology('evolution', ({ from }) => {
      from(topic(at, Order, { format: avro() })).pipe(to(rows as never))
    })
    const run = await startInMemory(job, { ...world, log: [], until: 'stopped', checkpointIntervalMs: 50 })
    await until('the first records are there', async () => rows.committed.length === 2)
    await world.write(v2, [{ ...order(3n), coupon: 'x' }])
    await world.write(v1, [order(4n)])
    await until('all records are there', async () => rows.committed.length === 4)
    await run.stop()
    const coupons = Order === OrderV1 ? [{}, {}, {}, {}] : [null, null, 'x', null].map((coupon) => ({ coupon }))
    const sorted = rows.committed.toSorted((a, b) => Number(a.id - b.id))
    expect(sorted).toEqual([1n, 2n, 3n, 4n].map((id, index) => ({ ...order(id), ...coupons[index] })))
  })
})

describe('a registry that stops answering', () => {
  test('holds a job up that meets a new schema; it says so, and goes on when the registry does', async () => {
    await using world = openRegistryWorld(apicurio.open())
    const v1 = topic('paused', OrderV1, { format: avro() })
    const v2 = topic('paused', OrderV2, { format: avro() })
    await world.write(v1, [order(1n)])
    const rows = memorySink<{ id: bigint }>('rows')
    const job = topology('paused', ({ from }) => {
      from(v1).pipe(to(rows as never))
    })
    const run = await startInMemory(job, { ...world, log: [], until: 'stopped', checkpointIntervalMs: 50 })
    await until('the first record is there', async () => rows.committed.length === 1)
    const values = await world.encode(v2, [{ ...order(2n), coupon: 'x' }])
    const events = () => world.log.map(({ fields }) => fields['event'])

    await apicurio.pause()
    await world.append('paused', values)
    await until('the job says that it waits', async () => events().includes('registry-unavailable'))
    expect(rows.committed).toHaveLength(1)
    await apicurio.resume()

    await until('the second record is there', async () => rows.committed.length === 2)
    expect(events()).toContain('registry-back')
    await run.stop()
    expect(rows.committed.map(({ id }) => id)).toEqual([1n, 2n])
  })
})

describe('what the registry refuses', () => {
  test('is said with what is incompatible', async () => {
    await using world = openRegistryWorld(apicurio.open())
    await world.serdes.ensure({ read: [], written: [registryTopic('strict', OrderV1, 'FULL')] })
    const Changed = OrderV1.extend({ id: z.string(), user: z.string() })
    const changed = world.serdes.ensure({ read: [], written: [registryTopic('strict', Changed, 'FULL')] })
    await expect(changed).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPATIBLE',
      message: expect.stringMatching(
        /^subject 'strict-value' does not take this schema: .*user .*STRING not compatible/,
      ),
    })
    await world.serdes.ensure({ read: [], written: [registryTopic('strict', OrderV2, 'FULL')] })
    await world.serdes.ensure({ read: [], written: [registryTopic('strict', Changed, 'NONE')] })
  })
})

describe('others', () => {
  test("read what is written here by @kafkajs/confluent-schema-registry's own decoder, and are read", async () => {
    await using world = openRegistryWorld(apicurio.open())
    const others = new SchemaRegistry({ host: apicurio.url })
    const Plain = z.object({ user: z.string(), count: int(), score: double(), note: z.string().nullish() })
    const plain = topic('plain', Plain, { format: avro() })
    const row = { user: 'ann', count: 7, score: 1.5, note: null }
    const [value] = await world.encode(plain, [row])
    expect({ ...(await others.decode(Buffer.from(value!))) }).toEqual(row)

    const theirs = await others.encode(await others.getLatestSchemaId('plain-value'), { ...row, note: 'x' })
    const deserializer = deserializerOf(plain, world.serdes)
    await deserializer.prepare?.([placed(theirs)])
    expect(deserializer.decode(theirs)).toEqual({ ok: true, value: { ...row, note: 'x' } })
  })

  // The other way it leaves out which message of the schema it writes, and so the wire format.
  test('read Protobuf likewise', async () => {
    await using world = openRegistryWorld(apicurio.open())
    const others = new SchemaRegistry({ host: apicurio.url })
    const Plain = z.object({ user: z.string(), count: int(), tags: z.array(z.string()), note: z.string().nullish() })
    const plain = topic('plain-protobuf', Plain, { format: protobuf() })
    const row = { user: 'ann', count: 7, tags: ['a', 'b'], note: 'x' }
    const [value] = await world.encode(plain, [row])
    expect(await others.decode(Buffer.from(value!))).toMatchObject(row)
  })
})

function registryTopic(name: string, schema: z.ZodObject, compatibility: Compatibility): RegistryTopic {
  return topic(name, schema, { format: avro({ compatibility }) }) as unknown as RegistryTopic
}
