/** An asyncMap in a job that fails and goes on: whoever was asked is asked again, and each result is there once. */
import { expect, it } from 'vitest'
import { memoryFiles, memorySink, memorySource } from '../../../connectors/memory/index.ts'
import { asyncMap, rebalance, retry, withPolicies } from '../../../operators/index.ts'
import { milliseconds } from '../../../topology/duration.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { runInMemory, startInMemory } from '../../support/run-in-memory.ts'
import { until } from '../../support/run-process.ts'

interface Row {
  readonly n: number
}

const ROWS = 3000
const SPLITS = 3
/** Fewer than the capacity, so that the barrier need not wait for them. */
const HELD = 60

function job(ordered: boolean, ask: (row: Row) => Promise<Row>, behindExchange = true) {
  const sink = memorySink<Row>('rows')
  const splits = Array.from({ length: SPLITS }, (_, split) =>
    Array.from({ length: ROWS / SPLITS }, (_, n) => ({ n: n * SPLITS + split })),
  )
  const described = topology('asking', ({ fromSource }) => {
    const rows = fromSource<Row>('numbers', () => memorySource({ splits }))
    const input = behindExchange ? rows.pipe(rebalance()) : rows
    input.pipe(asyncMap(ask, { name: 'ask', ordered, capacity: 64 }), to(sink))
  })
  return { sink, described }
}

const numbers = (rows: readonly Row[]) => rows.map(({ n }) => n).sort((a, b) => a - b)
const ALL = Array.from({ length: ROWS }, (_, n) => n)

it.each([
  ['ordered', true, true],
  ['unordered', false, true],
  ['in the chain of a source', true, false],
])('%s: every result is there once, after failures between checkpoints', async (_what, ordered, behindExchange) => {
  const asked = new Map<number, number>()
  let failures = 0
  const { sink, described } = job(
    ordered,
    async (row) => {
      asked.set(row.n, (asked.get(row.n) ?? 0) + 1)
      await new Promise((resolve) => setImmediate(resolve))
      if (row.n % 1000 === 999 && asked.get(row.n) === 1) {
        failures++
        throw new Error(`not the first time, ${row.n}`)
      }
      return row
    },
    behindExchange,
  )
  await runInMemory(described, {
    parallelism: 2,
    workers: 2,
    drain: true,
    checkpointIntervalMs: 5,
    restart: { type: 'fixed-delay', attempts: 10, delayMs: 1 },
  })
  expect(failures).toBeGreaterThan(0)
  expect(numbers(sink.committed)).toEqual(ALL)
  expect(asked.size).toBe(ROWS)
})

it('a savepoint holds those under way, and the next run, wider, asks them again', async () => {
  const files = memoryFiles()
  const held: Row[] = []
  let answers = false
  const { sink, described } = job(false, async (row) => {
    if (answers || row.n < ROWS - HELD) return row
    held.push(row)
    return new Promise<Row>(() => {})
  })
  const first = await startInMemory(described, { files, until: 'stopped', parallelism: 1 })
  await until('the last records are asked', () => held.length === HELD)
  await first.stop()
  expect(numbers(sink.committed)).toEqual(ALL.slice(0, -HELD))
  answers = true
  await runInMemory(described, { files, parallelism: 3, drain: true })
  expect(numbers(sink.committed)).toEqual(ALL)
})

it('waits for a policy of the job as for the function', async () => {
  let refused = 0
  const { sink, described } = job(
    true,
    withPolicies(
      async (row: Row) => {
        if (row.n % 500 === 0 && refused++ < 6) throw new Error('busy')
        return row
      },
      retry({ attempts: 9, backoff: milliseconds(1) }),
    ),
  )
  await runInMemory(described, { drain: true })
  expect(refused).toBeGreaterThanOrEqual(6)
  expect(numbers(sink.committed)).toEqual(ALL)
})
