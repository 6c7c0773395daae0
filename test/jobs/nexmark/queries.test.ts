/** Every query against DuckDB over the same events: whole, and stopped in the middle, killed and rescaled. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memoryFiles } from '../../../connectors/memory/memory-files.ts'
import { memorySink } from '../../../connectors/memory/memory-sink.ts'
import { nexmarkSource } from '../../../jobs/nexmark/generator/source.ts'
import { QUERIES } from '../../../jobs/nexmark/queries.ts'
import { streamsOf } from '../../../jobs/nexmark/query.ts'
import type { NexmarkEvent } from '../../../jobs/nexmark/schemas.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { Gate } from '../../support/gated-source.ts'
import { startInMemory } from '../../support/run-in-memory.ts'
import { until } from '../../support/run-process.ts'
import { scale } from '../../support/scale.ts'
import { QUERIES as ASKED, difference, Oracle, PINNED_CLOCK_MS } from './oracle.ts'

const EVENTS = scale(1_000_000, 12_000)
const SPLITS = 4
/** No two events in the same millisecond, so that the last of them is one. */
const EVENTS_PER_SECOND = 500
const clock = { ...systemClock, nowMs: () => PINNED_CLOCK_MS }

let oracle: Oracle
beforeAll(async () => {
  oracle = await Oracle.of({ events: EVENTS, eventsPerSecond: EVENTS_PER_SECOND })
})
afterAll(() => oracle[Symbol.asyncDispose]())

test('every query is there, but q6', () => {
  expect(Object.keys(QUERIES)).toEqual(ASKED)
})

async function expectOracle(name: string, rows: readonly Record<string, unknown>[]): Promise<void> {
  const expected = await oracle.rows(name)
  expect(expected.length).toBeGreaterThan(0)
  expect(difference(rows, expected)).toEqual({ rows: expected.length, missing: [], unexpected: [] })
}

describe.each(Object.values(QUERIES))('$name', ({ name, build }) => {
  function job(gate: Gate) {
    const sink = memorySink<Record<string, unknown>>('result')
    const described = topology(`nexmark-${name}`, ({ fromSource }) => {
      const source = () =>
        gate.source(nexmarkSource({ events: EVENTS, splits: SPLITS, eventsPerSecond: EVENTS_PER_SECOND }))
      build(streamsOf(fromSource<NexmarkEvent>('nexmark', source))).pipe(to(sink))
    })
    return { sink, described }
  }

  test.each([1, 2, 3])('at parallelism %i', async (parallelism) => {
    const { sink, described } = job(new Gate(EVENTS))
    await (await startInMemory(described, { clock, parallelism, drain: true })).done
    await expectOracle(name, sink.committed)
  })

  test('at 1, killed behind a checkpoint, at 2, killed, and ended at 3', async () => {
    const gate = new Gate(0)
    const { sink, described } = job(gate)
    const files = memoryFiles()
    let lost = 0
    for (const parallelism of [1, 2]) {
      gate.open(lost + Math.floor(EVENTS / 4))
      const run = await startInMemory(described, { clock, files, parallelism, until: 'stopped' })
      await until('all that was let through is read', () => gate.rest === 0)
      await run.trigger('checkpoint')
      // What is read behind the checkpoint is read again by whoever comes next.
      lost = Math.floor(EVENTS / 8)
      gate.open(lost)
      await until('it has read on', () => gate.rest === 0)
      await run.cancel()
    }
    gate.open(EVENTS)
    await (await startInMemory(described, { clock, files, parallelism: 3, drain: true })).done
    await expectOracle(name, sink.committed)
  })
})
