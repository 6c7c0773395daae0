/**
 * State that a job declares: what a value of a schema costs to write, read and take in, against forms that tell every
 * value's fields and types with it; and what an update of a large map costs during a snapshot, as one entry each or as one
 * Map.
 */
import { z } from 'zod'
import { KeyScope } from '../../operators/process/key-scope.ts'
import { MapAccess } from '../../operators/process/state/map-access.ts'
import { HeapStateBackend } from '../../runtime/state/heap-backend.ts'
import { BufferReader, BufferWriter, json, map, string, varint } from '../../topology/codec/index.ts'
import type { ValueCodec } from '../../topology/contract/state.ts'
import { int, long, timestamptz } from '../../topology/schema/index.ts'
import { mapState } from '../../topology/state/map-state.ts'
import { valueState } from '../../topology/state/value-state.ts'
import { type Measurement, median, sideBySide } from './measure.ts'

const VALUES = 200_000
const ROUNDS = 5
const MAP_ENTRIES = 100_000
const UPDATES = 100_000

const Visit = z.object({
  visits: long(),
  cents: int(),
  lastPage: z.string(),
  referrer: z.string().nullable(),
  lastSeen: timestamptz(),
})

interface Visits {
  readonly visits: bigint
  readonly cents: number
  readonly lastPage: string
  readonly referrer: string | null
  readonly lastSeen: bigint
}

const visit = (index: number): Visits => ({
  visits: BigInt(index % 1000),
  cents: index * 7,
  lastPage: `/products/${index % 5000}`,
  referrer: index % 3 === 0 ? 'search' : null,
  lastSeen: 1_767_225_600_000_000n + BigInt(index) * 1_000_000n,
})

export async function benchDeclaredState(): Promise<Measurement[]> {
  return [...(await benchForms()), ...(await benchMaps())]
}

async function benchForms(): Promise<Measurement[]> {
  const { codec } = valueState('visits', { schema: Visit })
  const values = Array.from({ length: VALUES }, (_, index) => visit(index))
  const forms: Readonly<Record<string, ValueCodec<any>>> = {
    'by layout': codec as ValueCodec<any>,
    'tagged with names': tagged,
    'JSON text': json<any>(),
  }
  const results: Measurement[] = []
  const written = new Map<string, Uint8Array>()
  for (const [name, form] of Object.entries(forms)) {
    const inputs = name === 'JSON text' ? values.map(jsonable) : values
    const writer = new BufferWriter(2 ** 20)
    const write = await sideBySide(
      {
        once() {
          writer.clear()
          for (const value of inputs) form.write(writer, value)
        },
      },
      ROUNDS,
    )
    written.set(name, writer.take())
    const read = await sideBySide(
      {
        once() {
          const reader = new BufferReader(written.get(name)!)
          for (let left = VALUES; left > 0; left--) form.read(reader)
        },
      },
      ROUNDS,
    )
    results.push(
      { name: `value ${name}: size`, value: written.get(name)!.length / VALUES, unit: 'bytes' },
      { name: `value ${name}: write`, value: (write.once.cpuMs / VALUES) * 1e6, unit: 'ns' },
      { name: `value ${name}: read`, value: (read.once.cpuMs / VALUES) * 1e6, unit: 'ns' },
    )
  }
  const accept = await sideBySide(
    {
      once() {
        for (const value of values) codec.accept(value)
      },
    },
    ROUNDS,
  )
  results.push({ name: 'value: check and copy when set', value: (accept.once.cpuMs / VALUES) * 1e6, unit: 'ns' })
  return results
}

/** Each value tells its fields and their types, and can be read without any layout. */
const tagged: ValueCodec<Record<string, string | number | bigint | null>> = {
  name: 'tagged',
  version: 1,
  write(writer, value) {
    const fields = Object.entries(value)
    writer.varint(fields.length)
    for (const [name, field] of fields) {
      writer.string(name)
      // A byte says that it is null, as one would in any such form.
      writer.key(field ?? false)
    }
  },
  read(reader) {
    const value: Record<string, string | number | bigint | null> = {}
    for (let left = reader.varint(); left > 0; left--) {
      const name = reader.string()
      const field = reader.key()
      value[name] = typeof field === 'boolean' ? null : field
    }
    return value
  },
  copy: (value) => value,
}

/** JSON has no 64-bit integers. */
function jsonable(value: Visits): Record<string, unknown> {
  return { ...value, visits: String(value.visits), lastSeen: String(value.lastSeen) }
}

/** One key with a large map, updated behind each cut: as entries of their own, and as one value. */
async function benchMaps(): Promise<Measurement[]> {
  const entries = await benchMap((backend) => {
    const scope = new KeyScope('bench', ['onRecord'])
    const declared = mapState('entries', { key: z.string(), value: int() })
    const access = new MapAccess(scope, declared, backend.open('bench', declared))
    scope.enter(0, 'user-1', undefined)
    return {
      set: (key, value) => access.set(key, value),
      add: (key) => access.set(key, (access.get(key) ?? 0) + 1),
    }
  })
  const whole = await benchMap((backend) => {
    const state = backend.open('bench', { name: 'whole', codec: map(string, varint) })
    state.set(0, 0, 'user-1', new Map())
    return {
      set: (key, value) => state.update(0, 0, 'user-1')!.set(key, value),
      add(key) {
        const value = state.update(0, 0, 'user-1')!
        value.set(key, (value.get(key) ?? 0) + 1)
      },
    }
  })
  return [['entry by entry', entries] as const, ['as one value', whole] as const].flatMap(
    ([name, { quietNs, behindCutMs, pauseMs, bytesPerEntry }]) => [
      { name: `map of 100,000 ${name}: update`, value: quietNs, unit: 'ns' },
      { name: `map of 100,000 ${name}: first update after a cut`, value: behindCutMs, unit: 'ms' },
      { name: `map of 100,000 ${name}: longest pause to encode it`, value: pauseMs, unit: 'ms' },
      { name: `map of 100,000 ${name}: size`, value: bytesPerEntry, unit: 'bytes/entry' },
    ],
  )
}

interface LargeMap {
  set(key: string, value: number): void
  add(key: string): void
}

async function benchMap(open: (backend: HeapStateBackend) => LargeMap) {
  const backend = new HeapStateBackend({ keyGroups: 1 })
  const large = open(backend)
  const keyOf = (index: number) => `product-${index}`
  for (let index = 0; index < MAP_ENTRIES; index++) large.set(keyOf(index), index)
  const quiet = await sideBySide(
    {
      once() {
        for (let index = 0; index < UPDATES; index++) large.add(keyOf((index * 7919) % MAP_ENTRIES))
      },
    },
    ROUNDS,
  )
  const behindCutMs: number[] = []
  const pausesMs: number[] = []
  let sizeBytes = 0
  for (let round = 0; round < ROUNDS; round++) {
    const snapshot = backend.startSnapshot()
    const start = loopMs()
    large.add(keyOf(round))
    behindCutMs.push(loopMs() - start)
    const pauses = watchPauses()
    const chunks = await snapshot.encode((chunk) => chunk.bytes.length)
    pausesMs.push(pauses.longestMs())
    sizeBytes = chunks.reduce((sum, bytes) => sum + bytes, 0)
  }
  return {
    quietNs: (quiet.once.cpuMs / UPDATES) * 1e6,
    behindCutMs: median(behindCutMs),
    pauseMs: median(pausesMs),
    bytesPerEntry: sizeBytes / MAP_ENTRIES,
  }
}

/** How long the loop had no turn, at most, from now on. */
function watchPauses() {
  let lastMs = loopMs()
  let longestMs = 0
  let isOver = false
  const look = () => {
    const nowMs = loopMs()
    longestMs = Math.max(longestMs, nowMs - lastMs)
    lastMs = nowMs
    if (!isOver) setImmediate(look)
  }
  setImmediate(look)
  return {
    longestMs() {
      isOver = true
      return longestMs
    },
  }
}

/** CPU time of the loop's thread: not what else the machine does. */
function loopMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
