import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createStageState } from '../../../runtime/state/store.ts'
import type { StateChunk } from '../../../topology/contract/stage.ts'
import type { KeyedStateDescriptor } from '../../../topology/contract/state.ts'
import { binary, decimal, int, long } from '../../../topology/schema/index.ts'
import { mapState } from '../../../topology/state/map-state.ts'
import { valueState } from '../../../topology/state/value-state.ts'

/** The values of a state, each under a key of its own, in a checkpoint of operator `spending` as it comes back from disk. */
async function checkpointOf<V>(descriptor: KeyedStateDescriptor<V>, ...values: V[]): Promise<StateChunk[]> {
  const stage = await createStageState({ keyGroups: 4 })
  const state = stage.of('spending').keyed(descriptor)
  for (const [index, value] of values.entries()) state.set(0, index % 4, `key-${index}`, value)
  return stage.startSnapshot().encode(({ bytes, ...rest }) => ({ ...JSON.parse(JSON.stringify(rest)), bytes }))
}

/** What the checkpoint holds by the declaration of today. */
async function restored<V>(chunks: readonly StateChunk[], descriptor: KeyedStateDescriptor<V>): Promise<V[]> {
  const keyed = (async function* () {
    yield* chunks
  })()
  const stage = await createStageState({ keyGroups: 4, restore: { keyed, split: {} } })
  return Array.from(stage.of('spending').keyed(descriptor).entries(0), ([, , value]) => value)
}

const Total = z.object({ sum: decimal(18, 2), orders: int() })
const total = valueState('total', { schema: Total })
const written = () => checkpointOf(total, { sum: 1990n, orders: 1 }, { sum: 250n, orders: 2 })

describe('valueState', () => {
  it('is restored as it was', async () => {
    expect(await restored(await written(), total)).toEqual([
      { sum: 1990n, orders: 1 },
      { sum: 250n, orders: 2 },
    ])
  })

  it('keeps its schema once per chunk, beside name and version', async () => {
    const [chunk] = await written()
    expect(chunk!.codec).toEqual({
      name: 'valueState',
      version: 1,
      layout: { value: { struct: { sum: 'decimal(18, 2)', orders: 'int' } } },
    })
    expect(Buffer.from(chunk!.bytes).includes('orders')).toBe(false)
  })

  it('goes on, without a version, over fields that are new and may be null', async () => {
    const grown = valueState('total', {
      schema: z.object({ note: z.string().optional(), orders: int().nullable(), sum: decimal(18, 2) }),
    })
    expect(await restored(await written(), grown)).toEqual([
      { note: null, orders: 1, sum: 1990n },
      { note: null, orders: 2, sum: 250n },
    ])
  })

  it('says which fields differ, when the schema has changed and the version has not', async () => {
    const changed = valueState('total', { schema: z.object({ sum: z.number(), shop: z.string() }) })
    await expect(restored(await written(), changed)).rejects.toMatchObject({
      code: 'STATE_SCHEMA_CHANGED',
      message:
        "state total of spending: its schema has changed and its version has not (1): sum was decimal(18, 2) and is double; orders is gone; shop is new and can't be null",
      fix: 'Raise version to 2 and give migrate(value, fromVersion), or go back to the schema that wrote the checkpoint.',
      details: { uid: 'spending', state: 'total', version: 1, writtenVersion: 1 },
    })
  })

  it('gives migrate each older value as its schema had it, and the version', async () => {
    const seen: unknown[] = []
    const next = valueState('total', {
      schema: z.object({ cents: long(), orders: long() }),
      version: 3,
      migrate(value, fromVersion) {
        seen.push([value, fromVersion])
        return { cents: value.sum, orders: BigInt(value.orders) }
      },
    })
    expect(await restored(await written(), next)).toEqual([
      { cents: 1990n, orders: 1n },
      { cents: 250n, orders: 2n },
    ])
    expect(seen).toEqual([
      [{ sum: 1990n, orders: 1 }, 1],
      [{ sum: 250n, orders: 2 }, 1],
    ])
  })

  it('migrates what means something else, though the schema is the same', async () => {
    const cents = valueState('n', { schema: long() })
    const millis = valueState('n', { schema: long(), version: 2, migrate: (value: bigint) => value * 10n })
    expect(await restored(await checkpointOf(cents, 1n, 2n), millis)).toEqual([10n, 20n])
    // And what is migrated is of the version now.
    expect(await restored(await checkpointOf(millis, 10n), millis)).toEqual([10n])
  })

  it('needs migrate for a raised version, unless the schema has only grown', async () => {
    const raised = valueState('total', { schema: z.object({ sum: decimal(18, 2) }), version: 2 })
    await expect(restored(await written(), raised)).rejects.toMatchObject({
      code: 'STATE_SCHEMA_CHANGED',
      message: 'state total of spending: version 2 cannot read version 1 without migrate: orders is gone',
      fix: 'Give migrate(value, fromVersion), or go back to the schema that wrote the checkpoint.',
    })
    expect(await restored(await written(), valueState('total', { schema: Total, version: 2 }))).toHaveLength(2)
  })

  it('does not read what a later version wrote', async () => {
    const chunks = await checkpointOf(valueState('total', { schema: Total, version: 3 }), { sum: 1n, orders: 1 })
    const older = valueState('total', { schema: Total, version: 2, migrate: () => ({ sum: 0n, orders: 0 }) })
    await expect(restored(chunks, older)).rejects.toMatchObject({
      code: 'STATE_CODEC_MISMATCH',
      message:
        'state total of spending was written as valueState version 3 and is now declared as valueState version 2',
      fix: expect.stringMatching(/^Run the job that wrote the checkpoint, or a later one/),
    })
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no rate for 1990')
      },
      'no rate for 1990',
    ],
    [
      'returns what the schema does not allow',
      () => ({ cents: 1 }),
      'cents: expected a bigint of 64 bits, got number 1',
    ],
    ['returns nothing', () => undefined, 'expected an object, got undefined'],
    [
      'returns a promise',
      async () => ({ cents: 1n }),
      'it must return a value, not a promise: operators are synchronous',
    ],
  ] as [string, () => any, string][])(
    'names operator, state, key and versions when migrate %s',
    async (_, migrate, message) => {
      const next = valueState('total', { schema: z.object({ cents: long() }), version: 2, migrate })
      await expect(restored(await written(), next)).rejects.toMatchObject({
        code: 'STATE_MIGRATE_FAILED',
        message: `state total of spending, key key-0: migrate from version 1 to 2 failed on { sum: 1990n, orders: 1 }: ${message}`,
        details: { uid: 'spending', state: 'total', key: 'key-0', fromVersion: 1, version: 2 },
      })
    },
  )

  it('does not read a map', async () => {
    const chunks = await checkpointOf(mapState('total', { key: z.string(), value: Total }), { sum: 1n, orders: 1 })
    await expect(restored(chunks, total)).rejects.toMatchObject({
      code: 'STATE_CODEC_MISMATCH',
      message: 'state total of spending was written as mapState version 1 and is now declared as valueState version 1',
    })
  })

  it.each([
    ['', {}, /state "": a name has at least one character/],
    ['a/b', {}, /state "a\/b": a name has at least one character, and no "\/"/],
    ['n', { version: 0 }, /state "n": its version can't be 0/],
    ['n', { version: 1.5 }, /state "n": its version can't be 1.5/],
    [
      'n',
      { default: 1 as never },
      /state "n": its default is no value of its schema: expected a bigint of 64 bits, got number 1/,
    ],
  ])('refuses what it can be no declaration with: %j %j', (name, options, message) => {
    expect(() => valueState(name, { schema: long(), ...options })).toThrow(
      expect.objectContaining({ code: 'STATE_DECLARATION', message: expect.stringMatching(message) }),
    )
  })

  it('refuses schemas that have no layout, naming state and field', () => {
    expect(() => valueState('total', { schema: z.object({ at: z.date() }) })).toThrow(
      expect.objectContaining({
        code: 'SCHEMA_UNSUPPORTED',
        message: 'state total: field at: z.date() has no column type',
        details: { field: 'at', state: 'total' },
      }),
    )
  })
})

describe('mapState', () => {
  const counts = mapState('counts', { key: z.string(), value: int() })

  it('migrates its values', async () => {
    const next = mapState('counts', {
      key: z.string(),
      value: long(),
      version: 2,
      migrate: (value: number) => BigInt(value),
    })
    expect(await restored(await checkpointOf(counts, 1, 2), next)).toEqual([1n, 2n])
  })

  it('does not migrate its keys', async () => {
    const next = mapState('counts', { key: long(), value: int(), version: 2, migrate: (value: number) => value })
    await expect(restored(await checkpointOf(counts, 1), next)).rejects.toMatchObject({
      code: 'STATE_SCHEMA_CHANGED',
      message: 'state counts of spending: its key was string and is long',
      fix: expect.stringMatching(/^Keys are not migrated/),
    })
  })

  it('refuses keys that are no single value', () => {
    for (const key of [z.object({ a: z.string() }), z.string().nullable(), z.array(int()), binary()]) {
      expect(() => mapState('counts', { key: key as never, value: int() })).toThrow(
        expect.objectContaining({
          code: 'STATE_DECLARATION',
          message: expect.stringMatching(/can't be the type of a key/),
        }),
      )
    }
  })

  it('takes keys of its schema only', () => {
    const { acceptKey } = mapState('counts', { key: z.number(), value: int() })
    expect(acceptKey(-0)).toBe(0)
    expect(() => acceptKey('1')).toThrow(new TypeError('key: expected a number, got string "1"'))
    expect(() => acceptKey(Number.NaN)).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }))
  })
})
