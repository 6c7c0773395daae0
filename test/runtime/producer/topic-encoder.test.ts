/** From JSON to the records of declared topics, in every format, with a registry that is embedded. */
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openRegistrySerdes } from '../../../connectors/registry/serdes.ts'
import { schemaIdOf } from '../../../connectors/registry/wire-format.ts'
import { openTopicEncoder } from '../../../runtime/producer/topic-encoder.ts'
import { avro, protobuf, RawValue, raw, type TopicFormat } from '../../../topology/format.ts'
import { decimal, long, timestamptz } from '../../../topology/schema/index.ts'
import { deserializerOf } from '../../../topology/serde.ts'
import { type Topic, type TopicDeclaration, topic } from '../../../topology/topic.ts'
import { switchableRegistry } from '../../connectors/registry/support/switchable-registry.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { openRegistryWorld, placed, type RegistryWorld } from '../../support/registry-job.ts'
import { recordingLogger } from '../../support/silent.ts'

const Order = z.object({
  id: long(),
  amount: decimal(18, 2),
  at: timestamptz(),
  note: z.string().nullish(),
  extra: z.looseObject({ campaign: z.string().nullish() }).nullish(),
})
const json = {
  id: '9007199254740993',
  amount: 19.99,
  at: '2026-01-01T00:00:00.000001Z',
  extra: { campaign: 'w', x: 1 },
}
const row = { id: 2n ** 53n + 1n, amount: 1999n, at: 1_767_225_600_000_001n, note: null, extra: { campaign: 'w' } }

const orders = (declaration: TopicDeclaration<any> = {}) => topic('orders', Order, declaration)
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))

async function decoded(world: RegistryWorld, from: Topic<any>, value: Uint8Array) {
  const deserializer = deserializerOf(from, world.serdes)
  await deserializer.prepare?.([placed(value)])
  return deserializer.decode(value)
}

describe.each<[string, TopicFormat]>([
  ['Avro', avro()],
  ['Protobuf', protobuf()],
])('a topic in %s', (_name, format) => {
  test('gets what a job reads as the row that the JSON was', async () => {
    await using world = openRegistryWorld(switchableRegistry())
    const encode = await openTopicEncoder(orders({ format }), world.serdes)
    const record = encode(bytes(json))
    if (!record.ok) throw new Error(record.reason)
    expect(schemaIdOf(record.value)).toBe(1)
    expect(await decoded(world, orders({ format }), record.value)).toEqual({ ok: true, value: row })
    const [bySink] = await world.encode(orders({ format }), [row])
    expect(record.value).toEqual(bySink)
  })

  test.each([
    ['no JSON', Buffer.from('{'), /^not JSON/],
    ['another type', bytes({ ...json, amount: 'much' }), /^amount: /],
    ['an unknown field', bytes({ ...json, user: 'ann' }), /^user: unknown field/],
    ['a required field that is not there', bytes({ ...json, id: undefined }), /^id: /],
    ['one that is null', bytes({ ...json, at: null }), /^at: /],
  ])('refuses %s', async (_what, line, reason) => {
    await using world = openRegistryWorld(switchableRegistry())
    const encode = await openTopicEncoder(orders({ format }), world.serdes)
    expect(encode(line)).toMatchObject({ ok: false, reason: expect.stringMatching(reason) })
  })
})

describe('the registry', () => {
  const registrySubject = { format: avro({ subject: 'shop.orders', compatibility: 'FULL' }) }

  test('has the schema under its subject, with its compatibility, and is asked no more', async () => {
    const registry = switchableRegistry()
    await using world = openRegistryWorld(registry)
    const encode = await openTopicEncoder(orders(registrySubject), world.serdes)
    const asked = registry.requests.length
    expect(registry.requests).toContain('set shop.orders')
    for (let i = 0; i < 3; i++) encode(bytes(json))
    expect(registry.requests.length).toBe(asked)

    const withUser = topic('orders', Order.extend({ user: z.string() }), registrySubject)
    await expect(openTopicEncoder(withUser, world.serdes)).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPATIBLE',
      message: expect.stringMatching(/^subject 'shop.orders' does not take this schema: .*user.*compatibility FULL/),
      fix: expect.stringContaining('compatibility'),
      details: { subject: 'shop.orders' },
    })
  })

  test('takes a second schema, and producers of both go on', async () => {
    await using world = openRegistryWorld(switchableRegistry())
    const v1 = orders({ format: avro({ compatibility: 'FULL' }) })
    const v2 = topic('orders', Order.extend({ coupon: z.string().nullish() }), { format: v1.format })
    const [one, two] = [await openTopicEncoder(v1, world.serdes), await openTopicEncoder(v2, world.serdes)]
    const older = await openTopicEncoder(v1, world.serdes)
    const values = [one(bytes(json)), two(bytes({ ...json, coupon: 'x' })), older(bytes(json))].map((record) => {
      if (!record.ok) throw new Error(record.reason)
      return record.value
    })
    expect(values.map(schemaIdOf)).toEqual([1, 2, 1])
    expect(await decoded(world, v1, values[1]!)).toEqual({ ok: true, value: row })
    expect(await decoded(world, v2, values[0]!)).toEqual({ ok: true, value: { ...row, coupon: null } })
    expect(await decoded(world, v2, values[1]!)).toEqual({ ok: true, value: { ...row, coupon: 'x' } })
  })

  test('is waited for, ten seconds at most', async () => {
    const clock = new ManualClock()
    const registry = switchableRegistry()
    registry.isAway = true
    const serdes = openRegistrySerdes({ registry, clock, random: () => 1, logger: recordingLogger() })
    let failure: unknown
    const opened = openTopicEncoder(orders({ format: avro() }), serdes).catch((error) => {
      failure = error
    })
    while (failure === undefined) {
      await clock.turn()
      clock.advance(100)
    }
    await opened
    expect(clock.nowMs()).toBeLessThanOrEqual(10_000)
    expect(failure).toMatchObject({ code: 'REGISTRY_UNAVAILABLE', fix: expect.stringContaining('SCHEMA_REGISTRY_URL') })
  })
})

test('a topic in JSON gets what fits it, byte for byte', async () => {
  await using world = openRegistryWorld(switchableRegistry())
  const encode = await openTopicEncoder(orders(), world.serdes)
  const line = Buffer.from(' {"extra": {"x": 1.10}} ')
  expect(encode(line)).toEqual({ ok: true, value: line, key: undefined })
  expect(encode(bytes({ ...json, amount: true }))).toMatchObject({
    ok: false,
    reason: expect.stringMatching(/^amount:/),
  })
})

test('a topic in raw bytes takes any', async () => {
  await using world = openRegistryWorld(switchableRegistry())
  const encode = await openTopicEncoder(topic('images', RawValue, { format: raw() }), world.serdes)
  const line = new Uint8Array([255, 0])
  expect(encode(line)).toEqual({ ok: true, value: line, key: undefined })
})

describe('the key', () => {
  test.each<[string, TopicDeclaration<any>, string | null]>([
    ['a field', { key: 'id' }, '9007199254740993'],
    ['a field that is null', { key: 'note' }, null],
    ['a function', { key: ({ extra }: any) => extra.campaign }, 'w'],
  ])('is what the topic declares: %s', async (_what, declaration, key) => {
    await using world = openRegistryWorld(switchableRegistry())
    const encode = await openTopicEncoder(orders({ ...declaration, format: avro() }), world.serdes)
    const record = encode(bytes(json))
    if (!record.ok) throw new Error(record.reason)
    expect(record.key === null ? null : Buffer.from(record.key!).toString()).toBe(key)
  })

  test('that a row does not have refuses the row', async () => {
    await using world = openRegistryWorld(switchableRegistry())
    const encode = await openTopicEncoder(orders({ key: ({ extra }: any) => extra.campaign }), world.serdes)
    expect(encode(bytes({ ...json, extra: null }))).toEqual({ ok: false, reason: expect.stringContaining('campaign') })
  })
})
