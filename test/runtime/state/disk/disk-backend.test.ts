import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { DiskStateBackend } from '../../../../runtime/state/disk/disk-backend.ts'
import { HeapStateBackend } from '../../../../runtime/state/heap-backend.ts'
import type { StateBackend } from '../../../../runtime/state/state-backend.ts'
import { float64, list, varint } from '../../../../topology/codec/index.ts'
import type { StateChunk } from '../../../../topology/contract/stage.ts'
import type { KeyedState } from '../../../../topology/contract/state.ts'
import type { Key } from '../../../../topology/element.ts'
import { type StateBackendSettings, stateBackendConformance } from '../../../conformance/state.ts'

let directory = ''
const opened: StateBackend[] = []
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-state-'))
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((backend) => backend.close()))
})
afterAll(() => {
  expect(readdirSync(directory)).toEqual([])
  rmSync(directory, { recursive: true })
})

type Settings = StateBackendSettings & { readonly cacheBytes?: number; readonly stepChanges?: number }

function openDisk(settings: Settings): StateBackend {
  const backend = new DiskStateBackend({ directory, ...settings })
  opened.push(backend)
  return backend
}

const openHeap = (settings: StateBackendSettings) => new HeapStateBackend(settings)
/** Nothing stays on the heap longer than it must. */
const openWithoutCache = (settings: Settings) => openDisk({ cacheBytes: 1, stepChanges: 1, ...settings })

const KEY_GROUPS = 4
const numbers = { name: 'numbers', codec: float64 }
const lists = { name: 'lists', codec: list(varint) }
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))
const keep = (chunk: StateChunk) => chunk

function contents<V>(state: KeyedState<V>): Map<string, V> {
  const all = state.namespaces().flatMap((namespace) =>
    Array.from(state.entries(namespace), ([keyGroup, key, value]) => {
      return [`${namespace}/${keyGroup}/${typeof key}/${key}`, value] as const
    }),
  )
  expect(all.length).toBe(state.size)
  return new Map(all.sort())
}

describe('DiskStateBackend', () => {
  it.each(stateBackendConformance)('$name', ({ run }) => run(openDisk))
})

describe('DiskStateBackend without a cache', () => {
  // A value that can't be written fails the operator's next call here, not the snapshot.
  const cases = stateBackendConformance.filter(({ name }) => !name.includes('its codec cannot write'))
  it.each(cases)('$name', ({ run }) => run(openWithoutCache))
})

describe('checkpoints of one backend in the other', () => {
  const long = 'k'.repeat(600)
  const keys: Key[] = ['', 'a', long, `${long}b`, '\ud800', 1, -1.5, 2n ** 5000n, -3n, true, false]

  it.each([
    ['heap', 'disk', openHeap, openDisk],
    ['disk', 'heap', openDisk, openHeap],
    ['heap', 'disk without a cache', openHeap, openWithoutCache],
    ['disk without a cache', 'heap', openWithoutCache, openHeap],
  ] as const)('%s → %s', async (_from, _to, from, to) => {
    const backend = from({ keyGroups: KEY_GROUPS, chunkBytes: 500 })
    const state = backend.open('op', lists)
    for (const [index, key] of keys.entries()) {
      for (const namespace of [0, -5, 1.7e12]) state.set(namespace, index % KEY_GROUPS, key, [index, index])
    }
    state.drop(-5)
    state.set(-5, 0, 'a', [9])
    state.delete(0, 1, 'a')
    const chunks = await backend.startSnapshot().encode(keep)
    const next = to({ keyGroups: KEY_GROUPS })
    const restored = next.open('op', lists)
    for (const chunk of chunks) next.load(chunk)
    expect(contents(restored)).toEqual(contents(state))
    for (const [index, key] of keys.entries()) {
      expect(restored.get(1.7e12, index % KEY_GROUPS, key)).toEqual([index, index])
    }
  })
})

describe('the cache of the disk backend', () => {
  it('lets go of values, and finds them on disk again', async () => {
    const backend = openDisk({ keyGroups: KEY_GROUPS, cacheBytes: 10_000, stepChanges: 16 })
    const state = backend.open('op', lists)
    for (let round = 0; round < 3; round++) {
      for (let key = 0; key < 2000; key++) {
        const found = state.update(0, key % KEY_GROUPS, key)
        if (found === undefined) state.set(0, key % KEY_GROUPS, key, [round])
        else found.push(round)
        // Control returns to the runtime, and what was handed out is changed no more.
        if (key % 100 === 0) await nextTurn()
      }
    }
    expect(state.size).toBe(2000)
    for (let key = 0; key < 2000; key++) expect(state.get(0, key % KEY_GROUPS, key)).toEqual([0, 1, 2])
  })

  it('misses no change to a value that an operator still holds', async () => {
    const state = openWithoutCache({ keyGroups: KEY_GROUPS }).open('op', lists)
    for (let key = 0; key < 100; key++) state.set(0, 0, key, [])
    await nextTurn()
    const held = state.update(0, 0, 7)!
    for (let key = 10; key < 100; key++) state.update(0, 0, key)!.push(1)
    held.push(2)
    await nextTurn()
    for (let key = 10; key < 100; key++) state.set(0, 0, key, [])
    expect(state.get(0, 0, 7)).toEqual([2])
  })

  it('lists entries as they were when it was asked, whatever is written meanwhile', () => {
    const backend = openWithoutCache({ keyGroups: KEY_GROUPS })
    const state = backend.open('op', numbers)
    const other = backend.open('op', { name: 'other', codec: float64 })
    for (let key = 0; key < 50; key++) state.set(3, key % KEY_GROUPS, key, key)
    const seen = new Set<Key>()
    for (const [, key, value] of state.entries(3)) {
      expect(value).toBe(key)
      expect(seen.has(key)).toBe(false)
      seen.add(key)
      for (let change = 0; change < 5; change++) other.set(0, 0, change, seen.size)
    }
    expect(seen.size).toBe(50)
  })

  it('lists what was on its way to disk when a cut took it back', async () => {
    // About a thousand changes are frozen at once, and written two hundred at a time while others come.
    const backend = openDisk({ keyGroups: 1, cacheBytes: 768_000, stepChanges: 50 })
    const state = backend.open('op', { ...numbers, derived: true })
    for (let key = 0; key < 1_150; key++) state.set(0, 0, key, key)
    const seen: Key[] = []
    let snapshot: { abort(): void } | undefined
    for (const [, key] of state.entries(0)) {
      seen.push(key)
      if (seen.length === 500) snapshot = backend.startSnapshot()
    }
    expect(seen.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 1_150 }, (_, key) => key))
    snapshot!.abort()
  })

  it('finds nothing of a namespace that was dropped and begun again, before and after its rows are removed', () => {
    const state = openWithoutCache({ keyGroups: KEY_GROUPS }).open('op', numbers)
    for (let key = 0; key < 50; key++) state.set(1, 0, key, key)
    state.drop(1)
    state.set(1, 0, 'new', 1)
    for (let change = 0; change < 100; change++) {
      expect(state.get(1, 0, 7)).toBeUndefined()
      expect([...state.entries(1)]).toEqual([[0, 'new', 1]])
      state.set(2, 0, change, 1)
    }
    expect(state.namespaces()).toEqual([1, 2])
  })

  it('says what to do when it cannot write', () => {
    const file = join(directory, 'file')
    writeFileSync(file, '')
    const backend = new DiskStateBackend({ directory: file, keyGroups: 1, cacheBytes: 1, stepChanges: 1 })
    const state = backend.open('op', numbers)
    const fill = () => {
      for (let key = 0; key < 10; key++) state.set(0, 0, key, key)
    }
    expect(fill).toThrow(expect.objectContaining({ code: 'STATE_DISK_FAILED', details: { directory: file } }))
    rmSync(file)
  })
})
