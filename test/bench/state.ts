/**
 * Keyed state on the heap at a million string keys: what a record costs, alone and while a snapshot runs, how long the
 * loop stands still for it, and what a key weighs.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { HeapStateBackend } from '../../runtime/state/heap-backend.ts'
import type { StateBackend } from '../../runtime/state/state-backend.ts'
import { float64 } from '../../topology/codec/index.ts'
import type { StateChunk } from '../../topology/contract/stage.ts'
import type { KeyedState } from '../../topology/contract/state.ts'
import { KEY_GROUPS_DEFAULT, keyGroupOf } from '../../topology/key.ts'
import type { Measurement } from './measure.ts'

const KEYS = 1_000_000
const BATCH = 1024
const ROUNDS = 5
/** Batches between two snapshots, to compare with. */
const QUIET_BATCHES = 2000

const descriptor = { name: 'sum', codec: float64 }
const keyOf = (index: number) => `user-${index}`

/**
 * All in CPU time of the loop's thread: what the snapshot costs, not what else the machine does. Garbage collection is
 * part of it, hence the pauses without a snapshot beside those during one.
 */
export async function benchState(): Promise<Measurement[]> {
  const before = heapBytes()
  const backend = new HeapStateBackend({ keyGroups: KEY_GROUPS_DEFAULT })
  const state = backend.open('bench', descriptor)
  for (let index = 0; index < KEYS; index++) {
    const key = keyOf(index)
    state.set(0, keyGroupOf(key, KEY_GROUPS_DEFAULT), key, index + 0.5)
  }
  const bytesPerKey = (heapBytes() - before) / KEYS

  const workload = new Workload(state)
  for (let batch = 0; batch < QUIET_BATCHES; batch++) workload.runBatch()
  const rounds: Round[] = []
  for (let round = 0; round < ROUNDS; round++) rounds.push(await measureRound(backend, workload))
  const restoreMs = await measureRestore(backend)

  const middle = (of: (round: Round) => number) => quantile(rounds.map(of), 0.5)
  const quietPauses = rounds.flatMap((round) => round.quiet.pausesMs)
  const busyPauses = rounds.flatMap((round) => round.busy.pausesMs)
  return [
    { name: 'state: heap', value: bytesPerKey, unit: 'bytes/key', target: '≤ 150' },
    { name: 'state: read-modify-write', value: middle(({ quiet }) => quiet.rate), unit: 'records/CPU-s' },
    { name: 'state: the same during a snapshot', value: middle(({ busy }) => busy.rate), unit: 'records/CPU-s' },
    {
      name: 'state: cost of a record then',
      value: middle(({ quiet, busy }) => quiet.rate / busy.rate),
      unit: '×',
      target: '≤ 1.1',
    },
    { name: 'state: cut', value: Math.max(...rounds.map(({ cutMs }) => cutMs)), unit: 'ms, longest', target: '< 5' },
    { name: 'state: pause during a snapshot', value: quantile(busyPauses, 0.5), unit: 'ms, median', target: '< 6' },
    { name: 'state: pause during a snapshot', value: quantile(busyPauses, 0.99), unit: 'ms, 99 %' },
    { name: 'state: pause during a snapshot', value: quantile(busyPauses, 1), unit: 'ms, longest', target: '< 20' },
    { name: 'state: pause without one', value: quantile(quietPauses, 1), unit: 'ms, longest' },
    { name: 'state: snapshot', value: middle(({ snapshotMs }) => snapshotMs), unit: 'ms' },
    { name: 'state: snapshot size', value: middle(({ sizeBytes }) => sizeBytes / 2 ** 20), unit: 'MiB' },
    { name: 'state: restore', value: restoreMs, unit: 'ms' },
  ]
}

interface Ticks {
  readonly rate: number
  readonly pausesMs: readonly number[]
}

interface Round {
  readonly quiet: Ticks
  readonly busy: Ticks
  readonly cutMs: number
  readonly snapshotMs: number
  readonly sizeBytes: number
}

async function measureRound(backend: StateBackend, workload: Workload): Promise<Round> {
  let left = QUIET_BATCHES
  const quiet = await workload.tick(() => left-- === 0)

  let encoded = false
  let sizeBytes = 0
  let snapshotMs = 0
  const startMs = performance.now()
  const snapshot = backend.startSnapshot()
  const cutMs = performance.now() - startMs
  const encoding = snapshot
    .encode((chunk) => {
      sizeBytes += chunk.bytes.length
    })
    .then(() => {
      snapshotMs = performance.now() - startMs
      encoded = true
    })
  const busy = await workload.tick(() => encoded)
  await encoding
  return { quiet, busy, cutMs, snapshotMs, sizeBytes }
}

async function measureRestore(backend: StateBackend): Promise<number> {
  const chunks: StateChunk[] = await backend.startSnapshot().encode((chunk) => chunk)
  const restored = new HeapStateBackend({ keyGroups: KEY_GROUPS_DEFAULT })
  restored.open('bench', descriptor)
  const startMs = performance.now()
  for (const chunk of chunks) restored.load(chunk)
  return performance.now() - startMs
}

/** Adds to the values of random keys, as strings that are not those in the state. */
class Workload {
  private readonly state: KeyedState<number>
  private readonly keys = Array.from({ length: KEYS }, (_, index) => keyOf(index))
  private readonly keyGroups = Uint16Array.from(this.keys, (key) => keyGroupOf(key, KEY_GROUPS_DEFAULT))
  private random = 1

  constructor(state: KeyedState<number>) {
    this.state = state
  }

  runBatch(): void {
    const { state, keys, keyGroups } = this
    for (let row = 0; row < BATCH; row++) {
      this.random = (Math.imul(this.random, 1664525) + 1013904223) >>> 0
      const index = this.random % KEYS
      const key = keys[index]!
      const keyGroup = keyGroups[index]!
      state.set(0, keyGroup, key, (state.get(0, keyGroup, key) ?? 0) + 1)
    }
  }

  /** Runs a batch a turn of the event loop; the rate counts batches only, the pauses what lies between two. */
  async tick(isDone: () => boolean): Promise<Ticks> {
    const pausesMs: number[] = []
    let batchMs = 0
    let endMs = threadCpuMs()
    while (!isDone()) {
      const startMs = threadCpuMs()
      pausesMs.push(startMs - endMs)
      this.runBatch()
      endMs = threadCpuMs()
      batchMs += endMs - startMs
      await new Promise((resolve) => setImmediate(resolve))
    }
    return { rate: (pausesMs.length * BATCH * 1000) / batchMs, pausesMs }
  }
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(share * (sorted.length - 1))]!
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

if (import.meta.main) {
  for (const { name, value, unit, target = '' } of await benchState()) {
    console.log(
      name.padEnd(36),
      value.toLocaleString('en', { maximumFractionDigits: 2 }).padStart(12),
      unit.padEnd(14),
      target,
    )
  }
}
