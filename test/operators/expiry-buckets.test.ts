/** The index of what expires, on either state backend. */
import { tmpdir } from 'node:os'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ExpiryBuckets } from '../../operators/process/ttl/expiry-buckets.ts'
import { DiskStateBackend } from '../../runtime/state/disk/disk-backend.ts'
import { HeapStateBackend } from '../../runtime/state/heap-backend.ts'
import { createStageState } from '../../runtime/state/store.ts'
import type { StateChunk } from '../../topology/contract/stage.ts'
import { FRESH_SEED, runs } from '../support/scale.ts'

const KEY_GROUPS = 4
const LIFETIME_MS = 160
const WIDTH_MS = LIFETIME_MS / 16

const backends = {
  heap: () => new HeapStateBackend({ keyGroups: KEY_GROUPS }),
  'disk without a cache': () =>
    new DiskStateBackend({ keyGroups: KEY_GROUPS, directory: tmpdir(), cacheBytes: 1, stepChanges: 3 }),
}

describe.each(Object.entries(backends))('on the %s', (_name, openBackend) => {
  const open = async () => {
    const state = await createStageState({ keyGroups: KEY_GROUPS, openBackend })
    return { state, buckets: new ExpiryBuckets(state.of('op'), 'sums', LIFETIME_MS) }
  }

  it('finds what is due, so many at a time', async () => {
    const { state, buckets } = await open()
    for (let key = 0; key < 10; key++) buckets.add(100 + key * WIDTH_MS, key % KEY_GROUPS, key)
    const taken: unknown[] = []
    const take = (nowMs: number, limit: number) => {
      taken.length = 0
      buckets.take(nowMs, limit, (keyGroup, key) => taken.push(`${keyGroup} ${key}`))
      return taken
    }
    expect(take(99, 10)).toEqual([])
    expect(take(100, 10)).toEqual(['0 0'])
    expect(take(125, 1)).toEqual(['1 1'])
    expect(take(125, 5)).toEqual(['2 2'])
    expect(take(1_000, 3)).toEqual(['3 3', '0 4', '1 5'])
    expect(take(1_000, 30)).toEqual(['2 6', '3 7', '0 8', '1 9'])
    expect(take(1_000, 30)).toEqual([])
    await state.close()
  })

  it('takes what is added behind time in the next bucket, once', async () => {
    const { state, buckets } = await open()
    for (const key of ['a', 'b', 'c']) buckets.add(100, 0, key)
    const taken: unknown[] = []
    const look = (_keyGroup: number, key: unknown) => {
      taken.push(key)
      if (taken.length === 2) buckets.add(100, 0, 'late')
    }
    buckets.take(100, 2, look)
    buckets.take(100, 10, look)
    expect(taken.toSorted()).toEqual(['a', 'b', 'c'])
    buckets.take(100 + WIDTH_MS, 10, look)
    expect(taken.toSorted()).toEqual(['a', 'b', 'c', 'late'])
    await state.close()
  })

  it('is in no checkpoint', async () => {
    const { state, buckets } = await open()
    buckets.add(100, 0, 'a')
    expect(await state.startSnapshot().encode((chunk: StateChunk) => chunk)).toEqual([])
    await state.close()
  })

  it(`finds every key in time, and none before it, while snapshots are taken (seed ${FRESH_SEED})`, async () => {
    const step = fc.record({
      forwardMs: fc.integer({ min: 0, max: LIFETIME_MS / 4 }),
      keys: fc.array(fc.nat(30), { maxLength: 8 }),
      limit: fc.integer({ min: 0, max: 6 }),
      snapshot: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { state, buckets } = await open()
        let nowMs = 0
        /** By key: when it expires. */
        const expected = new Map<number, number>()
        const look = (keyGroup: number, key: unknown) => {
          expect(keyGroup).toBe((key as number) % KEY_GROUPS)
          const expiryMs = expected.get(key as number)
          // One that was added again is met twice.
          if (expiryMs === undefined || expiryMs > nowMs) return
          expected.delete(key as number)
        }
        for (const { forwardMs, keys, limit, snapshot } of steps) {
          nowMs += forwardMs
          for (const key of keys) {
            expected.set(key, nowMs + LIFETIME_MS)
            buckets.add(nowMs + LIFETIME_MS, key % KEY_GROUPS, key)
          }
          const encoding = snapshot ? state.startSnapshot().encode((chunk: StateChunk) => chunk) : undefined
          let looked = 0
          buckets.take(nowMs, limit, (keyGroup, key) => {
            looked++
            look(keyGroup, key)
          })
          expect(looked).toBeLessThanOrEqual(limit)
          await encoding
        }
        nowMs += LIFETIME_MS + WIDTH_MS
        buckets.take(nowMs, Number.POSITIVE_INFINITY, look)
        expect([...expected]).toEqual([])
        await state.close()
      }),
      runs(10_000),
    )
  })
})
