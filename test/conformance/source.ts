/** What every source must do: the list that a new connector runs against itself. */
import { expect } from 'vitest'
import type { ReaderContext, Source, SourceReader, SourceRecord, SplitState } from '../../topology/contract/source.ts'
import type { Batch } from '../../topology/element.ts'

export interface SourceHarness {
  /** Over an empty topic of three partitions. */
  readonly source: Source
  readonly context: ReaderContext
  /** Resolves once readers can see the records. */
  append(partition: number, values: readonly string[], timestampMs?: number): Promise<void>
  /** Lets the context's clock pass. */
  advanceMs(durationMs: number): void
}

export interface SourceCase {
  readonly name: string
  /**
   * What not every source can: a split that `grows` while it is read, as a partition does and a file does not; values of
   * any `bytes`, as a record has and a line has not.
   */
  readonly needs?: 'grows' | 'bytes'
  run(harness: SourceHarness): Promise<void>
}

const decoder = new TextDecoder()
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => String(from + i))
const textOf = (record: SourceRecord) => decoder.decode(record.value!)
const never = new AbortController().signal

async function open({ source, context }: SourceHarness, splits: readonly SplitState[]): Promise<SourceReader> {
  const reader = source.createReader(context)
  await reader.assign(splits)
  return reader
}

async function fromStart(harness: SourceHarness, bounds: Parameters<Source['discoverSplits']>[0] = {}) {
  const splits = await harness.source.discoverSplits(bounds)
  return open(
    harness,
    splits.map((split) => ({ ...split, position: split.start })),
  )
}

/** Polls until nothing comes. */
async function drain(reader: SourceReader, maxRows = 1024): Promise<Batch<SourceRecord>[]> {
  const batches: Batch<SourceRecord>[] = []
  for (let batch = await reader.poll(maxRows); batch !== undefined; batch = await reader.poll(maxRows)) {
    batches.push(batch)
  }
  return batches
}

function valuesOf(batches: readonly Batch<SourceRecord>[], partition: number): string[] {
  return batches.flatMap((batch) => batch.values.filter((row) => row.partition === partition).map(textOf))
}

export const sourceConformance: readonly SourceCase[] = [
  {
    name: 'describes dense splits whose ids are the same every time',
    async run({ source }) {
      const first = await source.discoverSplits({})
      const second = await source.discoverSplits({})
      expect(first.map(({ index }) => index)).toEqual([0, 1, 2])
      expect(new Set(first.map(({ id }) => id)).size).toBe(3)
      expect(second.map(({ id }) => id)).toEqual(first.map(({ id }) => id))
    },
  },
  {
    name: 'emits every record once, in order within its split, with its coordinates',
    async run(harness) {
      await harness.append(0, numbers(0, 2500), 1_000)
      await harness.append(2, ['only'], 2_000)
      await harness.append(0, numbers(2500, 2600), 3_000)
      const batches = await drain(await fromStart(harness))
      expect(valuesOf(batches, 0)).toEqual(numbers(0, 2600))
      expect(valuesOf(batches, 1)).toEqual([])
      const rows = batches.flatMap((batch) => batch.values)
      expect(rows).toHaveLength(2601)
      const zero = rows.filter(({ partition }) => partition === 0)
      expect(zero.map(({ offset }) => offset)).toEqual(zero.map((_, i) => zero[0]!.offset + BigInt(i)))
      expect(zero.at(-1)!.timestampMs).toBe(3_000)
      expect(rows.find(({ partition }) => partition === 2)!.timestampMs).toBe(2_000)
      // For jobs that take them for the event times.
      const times = batches.flatMap((batch) => [...batch.timestampsMs!])
      expect(times).toEqual(rows.map(({ timestampMs }) => timestampMs))
    },
  },
  {
    // As where the job had another source of this name before, whose splits had these numbers.
    name: 'reads a split by its id, whatever index it was dealt out with',
    async run(harness) {
      await harness.append(0, ['zero'])
      await harness.append(1, ['one'])
      const found = await harness.source.discoverSplits({})
      const splits = found.map((split, at) => ({ ...split, index: [7, 0, 1][at]!, position: split.start }))
      const batches = await drain(await open(harness, splits))
      const read = batches.map(({ split, values }) => [split, values.map(textOf)] as const)
      expect(read.toSorted(([a], [b]) => a! - b!)).toEqual([
        [0, ['one']],
        [7, ['zero']],
      ])
    },
  },
  {
    name: 'gives nothing of a split that is paused, until it is resumed',
    needs: 'grows',
    async run(harness) {
      await harness.append(0, numbers(0, 10))
      await harness.append(1, numbers(0, 10))
      const reader = await fromStart(harness)
      if (reader.pauseOrResume === undefined) return
      const [zero, one] = reader.snapshot().map(({ id }) => id)
      reader.pauseOrResume([zero!], [])
      const first = await drain(reader)
      expect([valuesOf(first, 0), valuesOf(first, 1)]).toEqual([[], numbers(0, 10)])
      reader.pauseOrResume([one!], [zero!])
      await harness.append(1, ['more'])
      const second = await drain(reader)
      expect([valuesOf(second, 0), valuesOf(second, 1)]).toEqual([numbers(0, 10), []])
      reader.pauseOrResume([], [one!])
      expect(valuesOf(await drain(reader), 1)).toEqual(['more'])
    },
  },
  {
    name: 'gives batches of one split and at most maxRows rows, whose length is known before the rows are',
    async run(harness) {
      for (const partition of [0, 1, 2]) await harness.append(partition, numbers(0, 230))
      for (const batch of await drain(await fromStart(harness), 100)) {
        expect(batch.length).toBeLessThanOrEqual(100)
        expect(batch.values).toHaveLength(batch.length)
        expect(new Set(batch.values.map(({ partition }) => partition))).toEqual(new Set([batch.split]))
      }
    },
  },
  {
    name: 'keeps splits even: none is more than two batches ahead of another that has records',
    async run(harness) {
      for (let i = 0; i < 10; i++) for (const partition of [0, 1, 2]) await harness.append(partition, numbers(0, 50))
      const emitted = [0, 0, 0]
      for (const batch of await drain(await fromStart(harness), 50)) {
        emitted[batch.split!]! += batch.length
        if (Math.max(...emitted) < 500) expect(Math.max(...emitted) - Math.min(...emitted)).toBeLessThanOrEqual(100)
      }
      expect(emitted).toEqual([500, 500, 500])
    },
  },
  {
    name: 'resumes from any snapshot with exactly the first record not yet emitted, also after positions were JSON',
    async run(harness) {
      await harness.append(0, numbers(0, 130))
      await harness.append(1, numbers(0, 70))
      const reader = await fromStart(harness)
      const before: Batch<SourceRecord>[] = []
      for (;;) {
        const restored: SplitState[] = JSON.parse(JSON.stringify(reader.snapshot()))
        const rest = await drain(await open(harness, restored), 33)
        const all = before.concat(rest)
        expect(valuesOf(all, 0)).toEqual(numbers(0, 130))
        expect(valuesOf(all, 1)).toEqual(numbers(0, 70))
        const batch = await reader.poll(17)
        if (batch === undefined) break
        before.push(batch)
      }
    },
  },
  {
    name: 'stops at the offsets that were latest, whatever comes later',
    async run(harness) {
      await harness.append(0, numbers(0, 10))
      const reader = await fromStart(harness, { until: 'latest' })
      const [first, second] = reader.snapshot()
      expect(reader.atEnd(first!.id)).toBe(false)
      expect(reader.atEnd(second!.id)).toBe(true)
      await harness.append(0, ['late'])
      await harness.append(1, ['late'])
      const batches = await drain(reader)
      expect(batches.flatMap((batch) => batch.values).map(textOf)).toEqual(numbers(0, 10))
      expect(reader.atEnd(first!.id)).toBe(true)
    },
  },
  {
    name: 'starts at earliest, at latest, or at the first record of a time',
    needs: 'grows',
    async run(harness) {
      await harness.append(0, ['a', 'b'], 1_000)
      await harness.append(0, ['c', 'd'], 2_000)
      const at = async (bounds: Parameters<Source['discoverSplits']>[0]) => {
        const reader = await fromStart(harness, bounds)
        await harness.append(1, ['tick'], 9_000)
        return valuesOf(await drain(reader), 0)
      }
      expect(await at({ from: 'earliest' })).toEqual(['a', 'b', 'c', 'd'])
      expect(await at({ from: 'latest' })).toEqual([])
      expect(await at({ from: { timestampMs: 1_000 } })).toEqual(['a', 'b', 'c', 'd'])
      expect(await at({ from: { timestampMs: 1_001 } })).toEqual(['c', 'd'])
      expect(await at({ from: { timestampMs: 5_000 } })).toEqual([])
    },
  },
  {
    name: 'stops before the first record of a time, or at an offset, but not behind the latest',
    needs: 'grows',
    async run(harness) {
      await harness.append(0, ['a', 'b'], 1_000)
      await harness.append(0, ['c', 'd'], 2_000)
      const upTo = async (until: NonNullable<Parameters<Source['discoverSplits']>[0]['until']>) => {
        const reader = await fromStart(harness, { until })
        const read = valuesOf(await drain(reader), 0)
        expect(reader.snapshot().every(({ id }) => reader.atEnd(id))).toBe(true)
        return read
      }
      expect(await upTo({ timestampMs: 1_000 })).toEqual([])
      expect(await upTo({ timestampMs: 2_000 })).toEqual(['a', 'b'])
      expect(await upTo({ timestampMs: 9_000 })).toEqual(['a', 'b', 'c', 'd'])
      expect(await upTo({ offset: 3n })).toEqual(['a', 'b', 'c'])
      expect(await upTo({ offset: 99n })).toEqual(['a', 'b', 'c', 'd'])
      const reader = await fromStart(harness, { from: { offset: 1n }, until: { offset: 3n } })
      expect(valuesOf(await drain(reader), 0)).toEqual(['b', 'c'])
    },
  },
  {
    name: 'goes on when records come after it found nothing',
    needs: 'grows',
    async run(harness) {
      const reader = await fromStart(harness)
      expect(await reader.poll(10)).toBeUndefined()
      await harness.append(1, ['x'])
      expect(valuesOf(await drain(reader), 1)).toEqual(['x'])
      await harness.append(1, ['y'])
      await harness.append(2, ['z'])
      const batches = await drain(reader)
      expect(valuesOf(batches, 1)).toEqual(['y'])
      expect(valuesOf(batches, 2)).toEqual(['z'])
    },
  },
  {
    name: 'takes more splits later',
    async run(harness) {
      await harness.append(0, ['a'])
      await harness.append(1, ['b'])
      const splits = (await harness.source.discoverSplits({})).map((split) => ({ ...split, position: split.start }))
      const reader = await open(harness, [splits[0]!])
      expect((await drain(reader)).flatMap((batch) => batch.values).map(textOf)).toEqual(['a'])
      await reader.assign([splits[1]!])
      expect((await drain(reader)).flatMap((batch) => batch.values).map(textOf)).toEqual(['b'])
      expect(reader.snapshot()).toHaveLength(2)
    },
  },
  {
    needs: 'grows',
    name: 'wakes a waiting reader when records come, when time is up, and when it is aborted',
    async run(harness) {
      const reader = await fromStart(harness)
      await reader.poll(10)
      const appended = reader.wait(60_000, never)
      await harness.append(0, ['x'])
      await appended
      await drain(reader)

      const timedOut = reader.wait(1_000, never)
      harness.advanceMs(1_001)
      await timedOut

      const controller = new AbortController()
      const aborted = reader.wait(60_000, controller.signal)
      controller.abort()
      await aborted
      await reader.wait(60_000, controller.signal)
    },
  },
  {
    name: 'does not let a reader wait while there are records to poll',
    async run(harness) {
      await harness.append(0, numbers(0, 20))
      await harness.append(1, ['x'])
      const reader = await fromStart(harness)
      await reader.wait(60_000, never)
      await reader.poll(5)
      await reader.wait(60_000, never)
      expect((await drain(reader)).reduce((rows, batch) => rows + batch.length, 0)).toBe(16)
    },
  },
  {
    needs: 'bytes',
    name: 'carries keys and values byte for byte: empty, all bytes, a megabyte',
    async run(harness) {
      const large = 'x'.repeat(1 << 20)
      await harness.append(0, ['', '\u0000é😀', large])
      expect(valuesOf(await drain(await fromStart(harness)), 0)).toEqual(['', '\u0000é😀', large])
    },
  },
]
