import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadConfig } from '../../../runtime/config/index.ts'
import { configuredBackend } from '../../../runtime/state/configured-backend.ts'
import { DiskStateBackend } from '../../../runtime/state/disk/disk-backend.ts'
import { HeapStateBackend } from '../../../runtime/state/heap-backend.ts'
import { createStageState } from '../../../runtime/state/store.ts'
import { float64 } from '../../../topology/codec/index.ts'
import type { StateChunk } from '../../../topology/contract/stage.ts'

const cwd = mkdtempSync(join(tmpdir(), 'sluice-configured-'))
const stateOf = (env: Record<string, string>) => loadConfig({ env, cwd }).config.state
const sums = { name: 'sums', codec: float64 }

it('keeps state on the heap unless told otherwise', () => {
  expect(stateOf({})).toEqual({ backend: 'heap', directory: join(cwd, 'data/state'), cacheBytes: 64 * 2 ** 20 })
  expect(configuredBackend(stateOf({}))({ keyGroups: 4 })).toBeInstanceOf(HeapStateBackend)
})

it('keeps it on disk, in the directory and with the cache that were asked for', () => {
  const state = stateOf({ STATE_BACKEND: 'disk', STATE_DIR: 'fast', STATE_CACHE_MIB: '2' })
  expect(state).toEqual({ backend: 'disk', directory: join(cwd, 'fast'), cacheBytes: 2 * 2 ** 20 })
  expect(configuredBackend(state)({ keyGroups: 4 })).toBeInstanceOf(DiskStateBackend)
})

it('refuses what is no backend and no size', () => {
  expect(() => stateOf({ STATE_BACKEND: 'tape', STATE_CACHE_MIB: '0' })).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('one of heap, disk') }),
  )
})

it('restores a stage whose checkpoint another backend has written', async () => {
  const [heap, disk] = [stateOf({}), stateOf({ STATE_BACKEND: 'disk' })].map(configuredBackend)
  let restore: { keyed: AsyncIterable<StateChunk>; split: Record<string, never> } | undefined
  for (const openBackend of [heap, disk, heap]) {
    const stage = await createStageState({ keyGroups: 4, openBackend, restore })
    const state = stage.of('op').keyed(sums)
    state.set(0, 1, 'a', (state.get(0, 1, 'a') ?? 0) + 1)
    const chunks = await stage.startSnapshot().encode((chunk) => chunk)
    restore = {
      keyed: (async function* () {
        yield* chunks
      })(),
      split: {},
    }
    await stage.close()
  }
  const stage = await createStageState({ keyGroups: 4, openBackend: disk, restore })
  expect(stage.of('op').keyed(sums).get(0, 1, 'a')).toBe(3)
  await stage.close()
  rmSync(cwd, { recursive: true })
})
