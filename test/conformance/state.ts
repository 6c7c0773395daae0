/** What every state backend must do: the list that a new one runs against itself. */
import fc from 'fast-check'
import { expect } from 'vitest'
import type { StateBackend } from '../../runtime/state/state-backend.ts'
import { float64, list, string, tuple, varint } from '../../topology/codec/index.ts'
import type { StateChunk } from '../../topology/contract/stage.ts'
import type { CodecForm, KeyedState, ValueCodec } from '../../topology/contract/state.ts'
import type { Key } from '../../topology/element.ts'
import { SluiceError } from '../../topology/errors.ts'
import { runs } from '../support/scale.ts'

export interface StateBackendSettings {
  readonly keyGroups: number
  readonly owned?: { readonly first: number; readonly last: number }
  /** A snapshot gives way after so many entries at the latest. */
  readonly sliceEntries?: number
  readonly chunkBytes?: number
}

/** Opens a backend that holds nothing yet. */
export type OpenStateBackend = (settings: StateBackendSettings) => StateBackend

export interface StateBackendCase {
  readonly name: string
  run(open: OpenStateBackend): Promise<void>
}

const KEY_GROUPS = 8
const lists = { name: 'lists', codec: list(varint) }
const numbers = { name: 'numbers', codec: float64 }

type Entry<V> = readonly [namespace: number, keyGroup: number, key: Key, value: V]

/** Every entry of a state, in an order of its own making. */
function contents<V>(state: KeyedState<V>): Entry<V>[] {
  const entries = state
    .namespaces()
    .flatMap((namespace) => Array.from(state.entries(namespace), (entry): Entry<V> => [namespace, ...entry]))
  return sorted(entries)
}

function sorted<V>(entries: readonly Entry<V>[]): Entry<V>[] {
  const rank = ([namespace, keyGroup, key]: Entry<V>) => `${namespace}/${keyGroup}/${typeof key}/${key}`
  return [...entries].sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
}

/** What chunks hold once they are loaded into a backend of their own. */
function restored<V>(
  open: OpenStateBackend,
  chunks: readonly StateChunk[],
  descriptor: { name: string; codec: ValueCodec<V> },
) {
  const backend = open({ keyGroups: KEY_GROUPS })
  const state = backend.open('op', descriptor)
  for (const chunk of chunks) if (chunk.state === descriptor.name) backend.load(chunk)
  const found = contents(state)
  void backend.close()
  return found
}

/** Snapshots the number 1 for key `a`; the function returned loads it into a state of another codec. */
async function numbersChunk(open: OpenStateBackend, written: ValueCodec<number> = float64) {
  const backend = open({ keyGroups: KEY_GROUPS })
  backend.open('op', { name: 'numbers', codec: written }).set(0, 0, 'a', 1)
  const [chunk] = await backend.startSnapshot().encode(keep)
  return (codec: ValueCodec<any>) => {
    const next = open({ keyGroups: KEY_GROUPS })
    const state = next.open('op', { name: 'numbers', codec })
    next.load(chunk!)
    return state
  }
}

const keep = (chunk: StateChunk) => chunk
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

function fill(state: KeyedState<number>, count: number, namespace = 0): void {
  for (let i = 0; i < count; i++) state.set(namespace, i % KEY_GROUPS, `key-${i}`, i)
}

export const stateBackendConformance: readonly StateBackendCase[] = [
  {
    name: 'keeps a value by namespace, key group and key',
    async run(open) {
      const state = open({ keyGroups: KEY_GROUPS }).open('op', numbers)
      expect(state.get(0, 1, 'a')).toBeUndefined()
      state.set(0, 1, 'a', 1)
      state.set(5, 1, 'a', 2)
      state.set(0, 2, 'a', 3)
      state.set(0, 1, 'a', 4)
      expect([state.get(0, 1, 'a'), state.get(5, 1, 'a'), state.get(0, 2, 'a')]).toEqual([4, 2, 3])
      expect(state.size).toBe(3)
      expect(state.delete(0, 2, 'a')).toBe(true)
      expect(state.delete(0, 2, 'a')).toBe(false)
      expect(state.get(0, 2, 'a')).toBeUndefined()
      expect(state.size).toBe(2)
    },
  },
  {
    name: "tells '1', 1, 1n and true apart, and takes −0 for 0",
    async run(open) {
      const state = open({ keyGroups: KEY_GROUPS }).open('op', numbers)
      const keys: Key[] = ['1', 1, 1n, true]
      for (const [index, key] of keys.entries()) state.set(0, 0, key, index)
      expect(keys.map((key) => state.get(0, 0, key))).toEqual([0, 1, 2, 3])
      state.set(0, 0, -0, 9)
      expect(state.get(0, 0, 0)).toBe(9)
    },
  },
  {
    name: 'lists the namespaces that hold anything, ascending',
    async run(open) {
      const state = open({ keyGroups: KEY_GROUPS }).open('op', numbers)
      for (const namespace of [10, -5, 1.7e12, 9]) state.set(namespace, 0, 'a', 1)
      expect(state.namespaces()).toEqual([-5, 9, 10, 1.7e12])
      state.delete(9, 0, 'a')
      state.drop(10)
      state.drop(11)
      expect(state.namespaces()).toEqual([-5, 1.7e12])
      expect(state.size).toBe(2)
      state.set(10, 0, 'a', 2)
      expect(contents(state)).toContainEqual([10, 0, 'a', 2])
    },
  },
  {
    name: 'hands out values that may be changed in place',
    async run(open) {
      const state = open({ keyGroups: KEY_GROUPS }).open('op', lists)
      expect(state.update(0, 0, 'a')).toBeUndefined()
      state.set(0, 0, 'a', [1])
      state.update(0, 0, 'a')!.push(2)
      expect(state.get(0, 0, 'a')).toEqual([1, 2])
    },
  },
  {
    name: 'refuses a state declared twice',
    async run(open) {
      const backend = open({ keyGroups: KEY_GROUPS })
      backend.open('op', numbers)
      backend.open('other', numbers)
      expect(() => backend.open('op', numbers)).toThrow('operator op declares the state numbers twice')
    },
  },
  {
    name: 'restores what it snapshot, several operators and states at once',
    async run(open) {
      const backend = open({ keyGroups: KEY_GROUPS })
      const first = backend.open('op', numbers)
      const second = backend.open('op', { name: 'pairs', codec: tuple(string, float64) })
      const other = backend.open('other', lists)
      backend.open('other', numbers)
      fill(first, 1000, -3)
      second.set(1, 7, 2n ** 80n, ['\ud800', Number.NaN])
      other.set(0, 0, '', [])
      const chunks = await backend.startSnapshot().encode(keep)
      expect(chunks.map(({ uid, state, entries }) => [uid, state, entries])).toEqual([
        ['op', 'numbers', 1000],
        ['op', 'pairs', 1],
        ['other', 'lists', 1],
      ])

      const next = open({ keyGroups: KEY_GROUPS })
      const states = [
        next.open('op', numbers),
        next.open('op', { name: 'pairs', codec: tuple(string, float64) }),
      ] as const
      const nextOther = next.open('other', lists)
      for (const chunk of chunks) next.load(chunk)
      expect(contents(states[0])).toEqual(contents(first))
      expect(contents(states[1])).toEqual(contents(second))
      expect(contents(nextOther)).toEqual(contents(other))
      expect(states[0].size).toBe(1000)
    },
  },
  {
    name: 'snapshots the moment of the cut, whatever is changed afterwards',
    async run(open) {
      const backend = open({ keyGroups: KEY_GROUPS, sliceEntries: 1 })
      const state = backend.open('op', lists)
      for (let i = 0; i < 40; i++) state.set(i % 4, i % KEY_GROUPS, `key-${i}`, [i])
      const atCut = structuredClone(contents(state))
      const encoding = backend.startSnapshot().encode(keep)
      state.set(0, 0, 'new', [1])
      state.set(9, 0, 'new', [1])
      state.set(0, 0, 'key-0', [99])
      state.update(1, 1, 'key-1')!.push(99)
      state.update(1, 1, 'key-1')!.push(100)
      state.delete(0, 4, 'key-4')
      state.set(0, 4, 'key-4', [98])
      state.delete(1, 5, 'key-5')
      state.drop(2)
      state.set(2, 2, 'key-2', [97])
      state.drop(3)
      const after = contents(state)
      const chunks = await encoding
      expect(restored(open, chunks, lists)).toEqual(atCut)
      expect(contents(state)).toEqual(after)
      expect(state.get(1, 1, 'key-1')).toEqual([1, 99, 100])
      expect(state.namespaces()).toEqual([0, 1, 2, 9])
      expect(state.size).toBe(after.length)
    },
  },
  {
    name: 'stays whole from the cut to the end of a snapshot, turn by turn',
    async run(open) {
      const backend = open({ keyGroups: KEY_GROUPS, sliceEntries: 1 })
      const state = backend.open('op', lists)
      const model = new Map<Key, number[]>()
      const write = (key: Key, value: number) => {
        state.set(0, 0, key, [value])
        model.set(key, [value])
      }
      for (let key = 0; key < 40; key++) write(key, 0)
      const atCut = structuredClone(contents(state))
      let encoded: StateChunk[] | undefined
      const encoding = backend.startSnapshot().encode(keep)
      encoding.then((chunks) => {
        encoded = chunks
      })
      for (let key = 10; key < 60; key++) write(key, 1)
      for (let turn = 0; encoded === undefined; turn++) {
        // 7 and 60 have no divisor in common: every key is set, appended to and deleted before, in and after the changes.
        const key = (turn * 7) % 60
        if (turn % 3 === 0) write(key, turn)
        state.update(0, 0, 59 - key)?.push(turn)
        model.get(59 - key)?.push(turn)
        if (turn % 5 === 0) expect(state.delete(0, 0, (key + 30) % 60)).toBe(model.delete((key + 30) % 60))
        const expected = sorted([...model].map(([key, value]): Entry<number[]> => [0, 0, key, value]))
        expect(contents(state)).toEqual(expected)
        for (const [key, value] of model) expect(state.get(0, 0, key)).toEqual(value)
        expect(state.size).toBe(model.size)
        await nextTurn()
      }
      expect(restored(open, await encoding, lists)).toEqual(atCut)
    },
  },
  {
    name: 'keeps chunks near the size asked for, in key group order, each group in one or in neighbours',
    async run(open) {
      const backend = open({ keyGroups: KEY_GROUPS, chunkBytes: 1024 })
      const state = backend.open('op', numbers)
      fill(state, 2000)
      const chunks = await backend.startSnapshot().encode(keep)
      expect(chunks.length).toBeGreaterThan(20)
      for (const [index, chunk] of chunks.entries()) {
        expect(chunk.bytes.length).toBeLessThan(1024 + 64 * 32)
        expect(chunk.firstKeyGroup).toBeLessThanOrEqual(chunk.lastKeyGroup)
        if (index > 0) expect(chunk.firstKeyGroup).toBeGreaterThanOrEqual(chunks[index - 1]!.lastKeyGroup)
      }
      expect(restored(open, chunks, numbers)).toEqual(contents(state))
    },
  },
  {
    name: 'writes what has not changed as the same chunks again',
    async run(open) {
      const backend = open({ keyGroups: KEY_GROUPS, chunkBytes: 4096 })
      const state = backend.open('op', numbers)
      fill(state, 2000)
      await backend.startSnapshot().encode(keep)
      const before = await backend.startSnapshot().encode(keep)
      state.set(0, 3, 'new', 1)
      const after = await backend.startSnapshot().encode(keep)
      const unchanged = after.filter((chunk) => before.some((old) => Buffer.compare(old.bytes, chunk.bytes) === 0))
      expect(before.length).toBeGreaterThan(4)
      expect(
        after.every((chunk) => unchanged.includes(chunk) || (chunk.firstKeyGroup <= 3 && chunk.lastKeyGroup >= 3)),
      ).toBe(true)
      expect(unchanged.length).toBeGreaterThanOrEqual(before.length - 3)
    },
  },
  {
    name: 'hands out chunks one by one: no further one while one is stored',
    async run(open) {
      const backend = open({ keyGroups: KEY_GROUPS, chunkBytes: 256, sliceEntries: 16 })
      fill(backend.open('op', numbers), 1000)
      let storing = 0
      let most = 0
      const chunks = await backend.startSnapshot().encode(async (chunk) => {
        most = Math.max(most, ++storing)
        await nextTurn()
        storing--
        return chunk
      })
      expect(chunks.length).toBeGreaterThan(10)
      expect(most).toBe(1)
    },
  },
  {
    name: 'loads only the key groups it owns',
    async run(open) {
      const backend = open({ keyGroups: KEY_GROUPS })
      const state = backend.open('op', numbers)
      fill(state, 100)
      const chunks = await backend.startSnapshot().encode(keep)
      const part = open({ keyGroups: KEY_GROUPS, owned: { first: 2, last: 4 } })
      const owned = part.open('op', numbers)
      for (const chunk of chunks) part.load(chunk)
      expect(contents(owned)).toEqual(contents(state).filter(([, keyGroup]) => keyGroup >= 2 && keyGroup <= 4))
    },
  },
  {
    name: 'keeps chunks until the state they belong to is opened, and tells which ones nobody has',
    async run(open) {
      const backend = open({ keyGroups: KEY_GROUPS, chunkBytes: 512 })
      const state = backend.open('op', numbers)
      fill(state, 200)
      backend.open('op', lists).set(0, 7, 'a', [1])
      backend.open('gone', numbers).set(0, 7, 'a', 1)
      const chunks = await backend.startSnapshot().encode(keep)
      expect(chunks.length).toBeGreaterThan(5)
      const next = open({ keyGroups: KEY_GROUPS, owned: { first: 0, last: 6 } })
      const all = open({ keyGroups: KEY_GROUPS })
      for (const chunk of chunks) for (const each of [next, all]) each.load(chunk)
      expect(next.unclaimed).toEqual(['op/numbers'])
      expect(all.unclaimed.toSorted()).toEqual(['gone/numbers', 'op/lists', 'op/numbers'])
      expect(contents(all.open('op', lists))).toEqual([[0, 7, 'a', [1]]])
      expect(contents(all.open('op', numbers))).toEqual(contents(state))
      expect(contents(next.open('op', numbers))).toEqual(contents(state).filter(([, keyGroup]) => keyGroup <= 6))
      expect(all.unclaimed).toEqual(['gone/numbers'])
    },
  },
  {
    name: 'leaves what is derived out of snapshots, and lets it be read on while they run',
    async run(open) {
      const backend = open({ keyGroups: KEY_GROUPS, sliceEntries: 4 })
      const state = backend.open('op', numbers)
      const derived = backend.open('op', { name: 'derived', codec: float64, derived: true })
      for (let half = 0; half < 2; half++) {
        for (let i = half; i < 100; i += 2) derived.set(7, i % KEY_GROUPS, `key-${i}`, i)
        fill(state, 100, half)
      }
      const seen = new Set<Key>()
      let encoding: Promise<StateChunk[]> | undefined
      for (const [, key] of derived.entries(7)) {
        expect(seen.has(key)).toBe(false)
        seen.add(key)
        derived.set(8, 0, key, 1)
        state.update(0, 0, 'key-0')
        if (seen.size % 10 === 0) {
          const chunks = await encoding
          expect(chunks?.every((chunk) => chunk.state === 'numbers')).not.toBe(false)
          encoding = backend.startSnapshot().encode(keep)
        } else if (seen.size % 3 === 0) await nextTurn()
      }
      await encoding
      expect(seen.size).toBe(100)
      expect(derived.size).toBe(200)
    },
  },
  {
    name: 'refuses chunks of another codec or of a later version',
    async run(open) {
      const load = await numbersChunk(open)
      expect(() => load(string)).toThrow(
        'state numbers of op was written as float64 version 1 and is now declared as string version 1',
      )
      const later = expect.objectContaining({ code: 'STATE_CODEC_MISMATCH' })
      expect(() => load({ ...float64, version: 0, readerOf: () => float64.read })).toThrow(later)
      expect(() => load({ ...float64, version: 2 })).toThrow(later)
    },
  },
  {
    name: 'keeps the form of its values with each chunk, and lets a codec read its earlier ones',
    async run(open) {
      const layout = { struct: { b: 'double', a: 'double' } }
      const load = await numbersChunk(open, { ...float64, layout })
      const asked: CodecForm[] = []
      const changed: ValueCodec<number> = {
        ...float64,
        version: 2,
        layout: 'double',
        readerOf(written) {
          asked.push(written)
          return (reader) => reader.float64() * 10
        },
      }
      expect(load(changed).get(0, 0, 'a')).toBe(10)
      expect(asked).toEqual([{ name: 'float64', version: 1, layout }])
      expect(Object.keys((asked[0]!.layout as typeof layout).struct)).toEqual(['b', 'a'])
      // The same fields in another order are another form.
      const reordered = { ...changed, version: 1, layout: { struct: { a: 'double', b: 'double' } } }
      expect(load(reordered).get(0, 0, 'a')).toBe(10)
      expect(load({ ...reordered, layout }).get(0, 0, 'a')).toBe(1)
    },
  },
  {
    name: 'says where, when a codec cannot read a form or a value of it',
    async run(open) {
      const load = await numbersChunk(open)
      const failing = (readerOf: ValueCodec<number>['readerOf']) => () =>
        load({ ...float64, version: 2, readerOf: readerOf! })
      const error = new SluiceError('SOME_CODE', 'it is odd', { fix: 'Make it even.', details: { version: 1 } })
      const thrower = () => {
        throw error
      }
      expect(failing(thrower)).toThrow(
        expect.objectContaining({
          code: 'SOME_CODE',
          message: 'state numbers of op: it is odd',
          fix: 'Make it even.',
          details: { version: 1, uid: 'op', state: 'numbers' },
        }),
      )
      expect(failing(() => thrower)).toThrow(
        expect.objectContaining({
          code: 'SOME_CODE',
          message: 'state numbers of op, key a: it is odd',
          details: { version: 1, uid: 'op', state: 'numbers', key: 'a' },
        }),
      )
    },
  },
  {
    name: 'refuses chunks cut short or changed in their structure, naming operator and state',
    async run(open) {
      const backend = open({ keyGroups: KEY_GROUPS })
      fill(backend.open('op', numbers), 20)
      const [chunk] = await backend.startSnapshot().encode(keep)
      const load = (changed: Partial<StateChunk>) => {
        const next = open({ keyGroups: KEY_GROUPS })
        next.open('op', numbers)
        next.load({ ...chunk!, ...changed })
      }
      const corrupt = expect.objectContaining({ code: 'STATE_CORRUPT', details: { uid: 'op', state: 'numbers' } })
      for (let end = 0; end < chunk!.bytes.length; end++) {
        expect(() => load({ bytes: chunk!.bytes.subarray(0, end) })).toThrow(corrupt)
      }
      expect(() => load({ entries: 21 })).toThrow(corrupt)
      expect(() => load({ firstKeyGroup: 1 })).toThrow(corrupt)
    },
  },
  {
    name: 'runs one snapshot at a time',
    async run(open) {
      const backend = open({ keyGroups: KEY_GROUPS })
      fill(backend.open('op', numbers), 20)
      const snapshot = backend.startSnapshot()
      expect(() => backend.startSnapshot()).toThrow(expect.objectContaining({ code: 'SNAPSHOT_RUNNING' }))
      await snapshot.encode(keep)
      await backend.startSnapshot().encode(keep)
    },
  },
  {
    name: 'lets go of an aborted snapshot at once, wherever it was',
    async run(open) {
      for (let run = 0; run < 60; run++) {
        // With long slices it waits for chunks to be stored, with short ones mostly for its next slice.
        const [turns, sliceEntries] = [run >> 1, run % 2 === 0 ? 2 : 1000]
        const backend = open({ keyGroups: KEY_GROUPS, sliceEntries, chunkBytes: 100 })
        const state = backend.open('op', numbers)
        fill(state, 40)
        const aborted = backend.startSnapshot()
        const failure = aborted.encode(nextTurn).then(
          () => undefined,
          (error) => error.code,
        )
        fill(state, 20)
        for (let turn = 0; turn < turns; turn++) await nextTurn()
        state.set(0, 1, 'between', 1)
        state.delete(0, 0, 'key-0')
        const atCut = contents(state)
        const wasRunning = await abortedWhileRunning(aborted, failure)
        const encoding = backend.startSnapshot().encode(keep)
        state.set(0, 1, 'after', 2)
        expect(restored(open, await encoding, numbers)).toEqual(atCut)
        expect(await failure).toBe(wasRunning ? 'SNAPSHOT_ABORTED' : undefined)
      }
    },
  },
  {
    name: 'goes on whole after a chunk could not be stored',
    async run(open) {
      const backend = open({ keyGroups: KEY_GROUPS, sliceEntries: 4, chunkBytes: 100 })
      const state = backend.open('op', numbers)
      fill(state, 200)
      let stored = 0
      const encoding = backend.startSnapshot().encode(async () => {
        await nextTurn()
        if (++stored === 3) throw new Error('disk full')
      })
      fill(state, 300)
      await expect(encoding).rejects.toThrow('disk full')
      expect(state.size).toBe(300)
      const chunks = await backend.startSnapshot().encode(keep)
      expect(restored(open, chunks, numbers)).toEqual(contents(state))
    },
  },
  {
    name: 'names operator, state and key of a value its codec cannot write',
    async run(open) {
      const backend = open({ keyGroups: KEY_GROUPS })
      const state = backend.open('op', { name: 'counts', codec: varint })
      state.set(0, 0, 'a', 1)
      state.set(0, 0, 'b', -1)
      await expect(backend.startSnapshot().encode(keep)).rejects.toMatchObject({
        code: 'STATE_ENCODE_FAILED',
        details: { uid: 'op', state: 'counts', key: 'b' },
      })
      state.set(0, 0, 'b', 2)
      const chunks = await backend.startSnapshot().encode(keep)
      expect(restored(open, chunks, { name: 'counts', codec: varint })).toEqual([
        [0, 0, 'a', 1],
        [0, 0, 'b', 2],
      ])
    },
  },
  {
    name: 'agrees with a plain map, whatever is done to it while snapshots run',
    async run(open) {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }),
          fc.integer({ min: 1, max: 4 }),
          fc.integer({ min: 1, max: 200 }),
          (steps, sliceEntries, chunkBytes) =>
            followsModel(open, steps, { keyGroups: KEY_GROUPS, sliceEntries, chunkBytes }),
        ),
        runs(30_000),
      )
    },
  },
]

/** Aborts; whether there was anything left to abort. */
async function abortedWhileRunning(snapshot: { abort(): void }, failure: Promise<unknown>): Promise<boolean> {
  const ended = await Promise.race([failure.then(() => true), Promise.resolve().then(() => false)])
  snapshot.abort()
  return !ended
}

type Step =
  | { readonly do: 'set' | 'append' | 'delete'; readonly at: readonly [number, number, Key]; readonly value: number }
  | { readonly do: 'drop'; readonly namespace: number }
  | { readonly do: 'snapshot' | 'turn' | 'abort' }

const namespaces = fc.constantFrom(0, 1, 1.7e12)
const at = fc.tuple(namespaces, fc.integer({ min: 0, max: 2 }), fc.constantFrom<Key>('a', 'b', '1', 1, 1n, true))
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('set', 'append', 'delete'), at, value: fc.nat(9) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('turn') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('snapshot') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop'), namespace: namespaces }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abort') }) },
) as fc.Arbitrary<Step>

async function followsModel(
  open: OpenStateBackend,
  steps: readonly Step[],
  settings: StateBackendSettings,
): Promise<void> {
  const backend = open(settings)
  const state = backend.open('op', lists)
  const model = new Map<string, Entry<number[]>>()
  const modelContents = () =>
    sorted([...model.values()].map(([n, g, k, value]): Entry<number[]> => [n, g, k, [...value]]))
  const outcomes: Promise<void>[] = []
  let running: { abort(): void; done: boolean } | undefined

  for (const step of steps) {
    switch (step.do) {
      case 'set':
        state.set(...step.at, [step.value])
        model.set(idOf(step.at), [...step.at, [step.value]])
        break
      case 'append': {
        const id = idOf(step.at)
        state.update(...step.at)?.push(step.value)
        model.get(id)?.[3].push(step.value)
        expect(state.get(...step.at)).toEqual(model.get(id)?.[3])
        break
      }
      case 'delete':
        expect(state.delete(...step.at)).toBe(model.delete(idOf(step.at)))
        expect(state.get(...step.at)).toBeUndefined()
        break
      case 'drop':
        state.drop(step.namespace)
        for (const [id, entry] of model) if (entry[0] === step.namespace) model.delete(id)
        break
      case 'turn':
        await nextTurn()
        break
      case 'abort':
        running?.abort()
        break
      case 'snapshot': {
        if (running !== undefined && !running.done) break
        const atCut = modelContents()
        const snapshot = backend.startSnapshot()
        const started = { abort: () => snapshot.abort(), done: false }
        const encoded = snapshot.encode(keep).finally(() => {
          started.done = true
        })
        outcomes.push(
          encoded.then(
            (chunks) => expect(restored(open, chunks, lists)).toEqual(atCut),
            (error) => expect(error.code).toBe('SNAPSHOT_ABORTED'),
          ),
        )
        running = started
      }
    }
    expect(contents(state)).toEqual(modelContents())
    expect(state.size).toBe(model.size)
  }
  await Promise.all(outcomes)
  expect(contents(state)).toEqual(modelContents())
  await backend.close()
}

function idOf([namespace, keyGroup, key]: readonly [number, number, Key]): string {
  return `${namespace}/${keyGroup}/${typeof key}/${key}`
}
