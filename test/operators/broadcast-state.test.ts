import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { keyBy, processWithBroadcast } from '../../operators/index.ts'
import type { KeyedBroadcastContext } from '../../operators/process/broadcast/broadcast-context.ts'
import { milliseconds } from '../../topology/duration.ts'
import { int, long } from '../../topology/schema/index.ts'
import { type MapStateOptions, mapState } from '../../topology/state/map-state.ts'
import { valueState } from '../../topology/state/value-state.ts'
import type { Stream } from '../../topology/stream.ts'
import { harness2 } from '../support/operator-harness.ts'
import { FRESH_SEED, runs } from '../support/scale.ts'

interface Order {
  readonly user: string
  readonly n: number
}
/** Null takes the limit back. */
interface Limit {
  readonly name: string
  readonly limit: number | null
}

const Out = z.object({ user: z.string(), seen: int(), over: z.array(z.string()) })
const limits = mapState('limits', { key: z.string(), value: int() })
const seen = valueState('seen', { schema: int(), default: 0 })
type Context = KeyedBroadcastContext<
  string,
  { seen: typeof seen },
  { limits: typeof limits },
  z.infer<typeof Out>,
  Record<never, never>
>

const judge = ({ n }: Order, { key, state, broadcast, emit }: Context) => {
  const over = [...broadcast.limits.entries()].filter(([, limit]) => n > limit).map(([name]) => name)
  emit({ user: key, seen: state.seen.update((count) => count + 1), over: over.sort() })
}

const limited =
  (onRecord: (order: Order, context: Context) => void = judge, declared = limits) =>
  (orders: Stream<Order>, changes: Stream<Limit>) =>
    orders.pipe(
      keyBy('user'),
      processWithBroadcast(changes, {
        name: 'limited',
        state: { seen },
        broadcast: { limits: declared },
        sides: { changed: z.object({ name: z.string() }) },
        output: Out,
        onRecord: onRecord as never,
        onBroadcast({ name, limit }, { broadcast, emitTo }) {
          if (limit === null) broadcast.limits.delete(name)
          else broadcast.limits.set(name, limit)
          emitTo('changed', { name })
        },
      }),
    )

const limit = (name: string, limit: number | null): Limit => ({ name, limit })

describe('broadcast state', () => {
  it('is what the records of the broadcast stream made it, for every key', async () => {
    const run = await harness2(limited())
    run.left.batch([{ user: 'ann', n: 7 }])
    run.right.timed([[limit('small', 5), 10]])
    run.right.timed([[limit('large', 50), 11]])
    run.left.batch([
      { user: 'ann', n: 7 },
      { user: 'bob', n: 70 },
    ])
    run.right.batch([limit('small', null)])
    run.left.batch([{ user: 'ann', n: 7 }])
    expect(run.rows()).toEqual([
      { user: 'ann', seen: 1, over: [] },
      { user: 'ann', seen: 2, over: ['small'] },
      { user: 'bob', seen: 1, over: ['large', 'small'] },
      { user: 'ann', seen: 3, over: [] },
    ])
    expect(run.rows('changed')).toEqual([{ name: 'small' }, { name: 'large' }, { name: 'small' }])
    expect(run.timestampsMs('changed')).toEqual([10, 11])
  })

  it('can only be read for a key', async () => {
    const run = await harness2(limited((_, { broadcast }) => (broadcast.limits as any).set('own', 1)))
    expect(() => run.left.batch([{ user: 'ann', n: 7 }])).toThrow(
      expect.objectContaining({
        code: 'BROADCAST_READ_ONLY',
        message: expect.stringContaining('limited: broadcast state limits'),
      }),
    )
  })

  it('names function and record when a value does not fit', async () => {
    const run = await harness2(limited())
    expect(() => run.right.batch([limit('small', 1.5)])).toThrow(
      /limited: onBroadcast failed on .*state limits: expected/,
    )
  })

  it('is not read by another schema, unless it migrates', async () => {
    const run = await harness2(limited())
    run.right.batch([limit('small', 5)])
    const restored = await run.snapshot()
    const as = (options: Pick<MapStateOptions<any, any>, 'version' | 'migrate'>) =>
      limited(undefined, mapState('limits', { key: z.string(), value: long(), ...options }) as never)
    await expect(harness2(as({}), { restored })).rejects.toThrow(
      expect.objectContaining({
        code: 'STATE_SCHEMA_CHANGED',
        message: expect.stringContaining('broadcast state limits of limited'),
      }),
    )
    const next = await harness2(as({ version: 2, migrate: (value) => BigInt(value) }), { restored })
    next.left.batch([{ user: 'ann', n: 7 }])
    expect(next.rows()).toEqual([{ user: 'ann', seen: 1, over: ['small'] }])
    await expect(harness2(limited(), { restored: await next.snapshot() })).rejects.toThrow(
      expect.objectContaining({ code: 'STATE_CODEC_MISMATCH' }),
    )
  })

  it('does not expire', async () => {
    const ttl = { after: milliseconds(1), time: 'event' } as const
    const build = limited(undefined, mapState('limits', { key: z.string(), value: int(), ttl }))
    await expect(harness2(build)).rejects.toThrow(expect.objectContaining({ code: 'STATE_DECLARATION' }))
  })

  it(`is the same in every subtask, over rescales (seed ${FRESH_SEED})`, async () => {
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ user: fc.constantFrom('ann', 'bob', 'eve'), n: fc.integer({ min: 0, max: 9 }) }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          name: fc.constantFrom('a', 'b', 'c'),
          limit: fc.option(fc.integer({ min: 0, max: 9 })),
        }),
      },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        let run = await harness2(limited())
        const limits = new Map<string, number>()
        const counts = new Map<string, number>()
        for (const each of steps) {
          if (typeof each === 'number') {
            run = await harness2(limited(), { parallelism: each, restored: await run.snapshot() })
          } else if ('limit' in each) {
            run.right.batch([each])
            if (each.limit === null) limits.delete(each.name)
            else limits.set(each.name, each.limit)
          } else {
            run.left.batch([each])
            counts.set(each.user, (counts.get(each.user) ?? 0) + 1)
            const over = [...limits].filter(([, limit]) => each.n > limit).map(([name]) => name)
            const expected = { user: each.user, seen: counts.get(each.user), over: over.sort() }
            expect(run.rows().at(-1)).toEqual(expected)
          }
        }
      }),
      runs(10_000),
    )
  })
})
