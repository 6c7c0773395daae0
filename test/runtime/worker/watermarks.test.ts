/** Watermarks across unions, exchanges and restarts, as a whole job sees them. */
import { expect, it } from 'vitest'
import { memoryFiles } from '../../../connectors/memory/memory-files.ts'
import { type MemorySink, memorySink } from '../../../connectors/memory/memory-sink.ts'
import { memorySource } from '../../../connectors/memory/memory-source.ts'
import {
  aggregate,
  count,
  eventTime,
  filter,
  keyBy,
  tumbling,
  union,
  window,
  windowStart,
} from '../../../operators/index.ts'
import type { Sink } from '../../../topology/contract/sink.ts'
import { hours, minutes, seconds } from '../../../topology/duration.ts'
import type { Stream } from '../../../topology/stream.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { runInMemory } from '../../support/run-in-memory.ts'

interface Reading {
  readonly sensor: string
  readonly at: bigint
}
interface Hour {
  readonly sensor: string
  readonly start: bigint
  readonly readings: bigint
}

const HOUR_MICROS = 3_600_000_000n

/** A reading at each full hour in [from, to). */
const readings = (sensor: string, from: number, to: number): Reading[] =>
  Array.from({ length: to - from }, (_, n) => ({ sensor, at: BigInt(from + n) * HOUR_MICROS }))

const timed = eventTime<Stream<Reading>>('at', { outOfOrderness: minutes(0) })

function hourly(stream: Stream<Reading>, sink: MemorySink<Hour>, late: MemorySink<Reading>) {
  const hoursOf = stream.pipe(
    keyBy('sensor'),
    window(tumbling(hours(1))),
    aggregate({ start: windowStart(), readings: count() }),
  )
  hoursOf.out.pipe(to(sink))
  hoursOf.late.pipe(to(late))
}

const sinks = () => ({ hour: memorySink<Hour>('hours'), late: memorySink<Reading>('late') })

it('closes windows behind an exchange, where splits cannot be told apart', async () => {
  const { hour, late } = sinks()
  const job = topology('exchanged', ({ fromSource }) => {
    const keyed = fromSource<Reading>('readings', () => memorySource({ splits: [readings('a', 0, 5), []] })).pipe(
      keyBy('sensor'),
    )
    hourly(keyed.pipe(timed), hour, late)
  })
  await runInMemory(job)
  expect(hour.committed).toHaveLength(4)
})

it('waits for every split behind a union of branches of one source', async () => {
  const { hour, late } = sinks()
  const splits = [readings('ahead', 1000, 1100), readings('behind', 0, 50)]
  const job = topology('branched', ({ fromSource }) => {
    const all = fromSource<Reading>('readings', () => memorySource({ splits }))
    const [odd, even] = [1n, 0n].map((rest) => all.pipe(filter((row) => (row.at / HOUR_MICROS) % 2n === rest)))
    // More than a batch spans: within it the even hours come after the odd ones.
    hourly(union(odd!, even!).pipe(eventTime('at', { outOfOrderness: hours(200) })), hour, late)
  })
  await runInMemory(job, { drain: true })
  expect(late.committed).toEqual([])
  expect(hour.committed).toHaveLength(150)
})

it('does not take a split for idle because the task was held back', async () => {
  const { hour, late } = sinks()
  const clock = new ManualClock()
  const held = memorySink<Reading>('held')
  const slow: Sink = {
    ...held.create(),
    createWriter: async () => ({
      write: async () => clock.advance(60_000),
      prepareCommit: async () => [],
      async close() {},
    }),
  }
  const splits = [readings('first', 0, 10), readings('ahead', 90, 100), readings('behind', 0, 50)]
  const job = topology('held-back', ({ fromSource }) => {
    const all = fromSource<Reading>('readings', () => memorySource({ splits }))
    all.pipe(to<Reading>({ name: 'slow', create: () => slow }))
    hourly(all.pipe(eventTime('at', { outOfOrderness: minutes(0), idleAfter: seconds(30) })), hour, late)
  })
  await runInMemory(job, { drain: true, clock })
  expect(late.committed).toEqual([])
  expect(hour.committed).toHaveLength(70)
})

it('goes on from the watermark of each input after a restart', async () => {
  const { hour, late } = sinks()
  const files = memoryFiles()
  const job = (fast: number, slow: number) =>
    topology('two-sources', ({ fromSource }) => {
      const a = fromSource<Reading>('a', () => memorySource({ splits: [readings('a', 0, fast)] })).pipe(timed)
      const b = fromSource<Reading>('b', () => memorySource({ splits: [readings('b', 0, slow)] })).pipe(
        eventTime('at', { outOfOrderness: minutes(0), name: 'time of b' }),
      )
      hourly(union(a, b), hour, late)
    })
  await runInMemory(job(100, 50), { files })
  expect(hour.committed).toHaveLength(2 * 49)
  await runInMemory(job(100, 80), { files })
  expect(hour.committed).toHaveLength(2 * 79)
})
