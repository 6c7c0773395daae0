/**
 * A keyed running sum over more keys than memory has room for: run in a process of its own by disk-state.ts, since what is
 * measured is the memory of that process.
 *
 * ```text
 * node disk-state-job.ts heap|disk KEYS DIRECTORY     prints one line of JSON
 * ```
 */
import { readFileSync } from 'node:fs'
import { DiskStateBackend } from '../../runtime/state/disk/disk-backend.ts'
import { HeapStateBackend } from '../../runtime/state/heap-backend.ts'
import type { StateBackend } from '../../runtime/state/state-backend.ts'
import { float64 } from '../../topology/codec/index.ts'
import type { KeyedState } from '../../topology/contract/state.ts'
import { KEY_GROUPS_DEFAULT, keyGroupOf } from '../../topology/key.ts'

/** Records a second: of time that passed, and of the process's CPU. */
export interface Rate {
  readonly wall: number
  readonly cpu: number
}

/** What a run prints. */
export interface DiskStateFigures {
  readonly first: Rate
  readonly uniform: Rate
  readonly skewed: Rate
  readonly uniformDuringSnapshot: Rate
  readonly cutMs: number
  readonly snapshotMs: number
  readonly snapshotMiB: number
  readonly entries: number
  readonly peakRssAnonMiB: number
}

const BATCH = 1024
const PHASE_MS = 15_000
/** Coprime to every number of keys that is not a multiple of it: keys come in an order that is not their own. */
const STRIDE = 1_000_003

async function run(kind: 'heap' | 'disk', keys: number, directory: string): Promise<DiskStateFigures> {
  const keyGroups = KEY_GROUPS_DEFAULT
  const backend: StateBackend =
    kind === 'disk' ? new DiskStateBackend({ keyGroups, directory }) : new HeapStateBackend({ keyGroups })
  const sums = backend.open('bench', { name: 'sum', codec: float64 })
  const memory = new PeakMemory()
  let next = 0
  let random = 1
  const uniform = () => {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0
    return Math.floor((random / 2 ** 32) * keys)
  }
  /** Nine of ten records are of one in a hundred keys. */
  const skewed = () => (uniform() % 10 === 0 ? uniform() : Math.floor(uniform() / 100))

  const first = await rate(
    sums,
    memory,
    () => (next++ * STRIDE) % keys,
    (records) => records >= keys,
  )
  const forAWhile = () => {
    const endMs = performance.now() + PHASE_MS
    return () => performance.now() >= endMs
  }
  const uniformRate = await rate(sums, memory, uniform, forAWhile())
  const skewedRate = await rate(sums, memory, skewed, forAWhile())

  let encoded = false
  let sizeBytes = 0
  let entries = 0
  const startMs = performance.now()
  const snapshot = backend.startSnapshot()
  const cutMs = performance.now() - startMs
  const encoding = snapshot
    .encode((chunk) => {
      sizeBytes += chunk.bytes.length
      entries += chunk.entries
    })
    .finally(() => {
      encoded = true
    })
  const isOver = forAWhile()
  const uniformDuringSnapshot = await rate(sums, memory, uniform, () => encoded || isOver())
  await encoding
  const snapshotMs = performance.now() - startMs
  if (entries !== keys || sums.size !== keys) throw new Error(`${entries} entries and ${sums.size} of ${keys}`)
  await backend.close()
  return {
    first,
    uniform: uniformRate,
    skewed: skewedRate,
    uniformDuringSnapshot,
    cutMs,
    snapshotMs,
    snapshotMiB: sizeBytes / 2 ** 20,
    entries,
    peakRssAnonMiB: memory.peakMiB,
  }
}

/** Adds 1 to the sum of one key after the other, a batch a turn of the event loop, as a task does. */
async function rate(
  sums: KeyedState<number>,
  memory: PeakMemory,
  pick: () => number,
  isDone: (records: number) => boolean,
): Promise<Rate> {
  const startMs = performance.now()
  const startCpu = process.cpuUsage()
  let records = 0
  while (!isDone(records)) {
    for (let row = 0; row < BATCH; row++) {
      const key = `user-${pick()}`
      const keyGroup = keyGroupOf(key, KEY_GROUPS_DEFAULT)
      sums.set(0, keyGroup, key, (sums.get(0, keyGroup, key) ?? 0) + 1)
    }
    records += BATCH
    memory.look()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { user, system } = process.cpuUsage(startCpu)
  const found = { wall: (records * 1000) / (performance.now() - startMs), cpu: (records * 1e6) / (user + system) }
  // To standard error: a run takes many minutes.
  console.error(
    `${records} records, ${Math.round(found.wall)}/s, ${Math.round(found.cpu)}/CPU-s, ${Math.round(memory.peakMiB)} MiB`,
  )
  return found
}

/** The most anonymous memory that was seen: what no limit can have written back. */
class PeakMemory {
  peakMiB = 0

  look(): void {
    const kib = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    this.peakMiB = Math.max(this.peakMiB, Number(kib) / 1024)
  }
}

if (import.meta.main) {
  const [backend, keys, directory] = process.argv.slice(2)
  console.log(JSON.stringify(await run(backend as 'heap' | 'disk', Number(keys), directory!)))
  process.exit(0)
}
