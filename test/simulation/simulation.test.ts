/**
 * Whole jobs in virtual time: production coordinator, workers, exchange and committers on simulated machines that fail.
 *
 * `npm test` runs 1 % of the seeds, `npm run test:deep simulation` all. A seed that fails is named, and seen again with
 * `node test/simulation/replay.ts SEED --trace`.
 */
import { describe, expect, test, vi } from 'vitest'
import { systemClock } from '../../runtime/time/system-clock.ts'
import { FIXED_SEED, FRESH_SEED, SCALE, scale } from '../support/scale.ts'
import { importsOf, MACHINE_TOKENS } from './import-closure.ts'
import { PLANTED_BUGS } from './planted-bugs.ts'
import { type Outcome, simulate } from './simulate.ts'

const SEEDS = scale(10_000)
const SEEDS_PER_TEST = SCALE === 'full' ? 250 : 25
/** Within so many seeds a planted bug has to be found. */
const PLANTED_WITHIN = 400

/** Half of them the same in every run. */
const seedOf = (n: number) => (n % 2 === 0 ? FIXED_SEED : FRESH_SEED) + (n >> 1)

describe(`of ${SEEDS} seeds (from ${FIXED_SEED} and ${FRESH_SEED})`, () => {
  const counts: Record<string, number> = {}

  test.for(Array.from({ length: Math.ceil(SEEDS / SEEDS_PER_TEST) }, (_, chunk) => chunk * SEEDS_PER_TEST))(
    'every one from the %ith on ends with each record once, whatever befalls it',
    async (first) => {
      const failures: string[] = []
      for (let n = first; n < Math.min(first + SEEDS_PER_TEST, SEEDS); n++) {
        const outcome = await simulate(seedOf(n))
        for (const [what, count] of Object.entries(outcome.counts)) counts[what] = (counts[what] ?? 0) + count
        if (outcome.violations.length > 0) failures.push(describeFailure(seedOf(n), outcome))
      }
      expect(failures, failures.join('\n')).toEqual([])
    },
  )

  test('they met every kind of fault, and what users ask for', () => {
    console.log(`${SEEDS} simulations:`, counts)
    const missing = EXPECTED_COUNTS.filter((what) => !((counts[what] ?? 0) > 0))
    expect(missing).toEqual([])
  })
})

const EXPECTED_COUNTS = [
  'connection: break',
  'connection: stall',
  'lake: foreign commit',
  'coordinator: kill',
  'coordinator: stop',
  'worker: kill',
  'worker: stop',
  'request refused',
  'reply lost',
  'killed before a reply',
  'stopped before a reply',
  'log: checkpoint-failed',
  'log: commit-unknown',
  'user: cancel',
  'user: checkpoint',
  'user: drain',
  'user: from savepoint',
  'user: rescale',
  'user: rival',
  'user: savepoint',
  'user: stop',
]

describe('a seed', () => {
  test('gives the same trace again, and never asks the machine for the time', async () => {
    const seed = seedOf(1)
    const first = await simulate(seed, { trace: true })
    const forbidden = () => {
      throw new Error('the clock of the machine was asked')
    }
    const clock = Object.keys(systemClock) as (keyof typeof systemClock)[]
    for (const name of clock) vi.spyOn(systemClock, name).mockImplementation(forbidden)
    try {
      const second = await simulate(seed, { trace: true })
      expect(first.trace.length).toBeGreaterThan(100)
      expect(second).toEqual(first)
    } finally {
      vi.restoreAllMocks()
    }
  })
})

describe('what is simulated', () => {
  const imports = importsOf('test/simulation/simulate.ts')

  test('is the production coordinator, worker, exchange, checkpoint store and committer', () => {
    expect([...imports.keys()]).toEqual(
      expect.arrayContaining([
        'runtime/coordinator/job-master.ts',
        'runtime/coordinator/attempt.ts',
        'runtime/coordinator/checkpoint-coordinator.ts',
        'runtime/coordinator/committers.ts',
        'runtime/coordinator/worker-pool.ts',
        'runtime/worker/worker.ts',
        'runtime/worker/source-task.ts',
        'runtime/worker/stage-task.ts',
        'runtime/worker/chain-stage.ts',
        'runtime/exchange/data-plane.ts',
        'runtime/exchange/input-gate.ts',
        'runtime/exchange/remote-writer.ts',
        'runtime/checkpoint/checkpoint-store.ts',
        'runtime/checkpoint/journal.ts',
        'connectors/iceberg/commit/iceberg-committer.ts',
      ]),
    )
  })

  test('has clock, transport, store, process start and catalog replaced, and reaches the machine nowhere else', () => {
    expect([...imports.keys()].filter((file) => REPLACED.some((part) => file.includes(part)))).toEqual([])
    const reaching = [...imports]
      .filter(([file]) => !file.startsWith('test/') && !HARMLESS.has(file))
      .flatMap(([file, text]) =>
        MACHINE_TOKENS.filter((token) => text.includes(token)).map((token) => `${file}: ${token}`),
      )
    expect(reaching).toEqual([])
  })
})

const REPLACED = [
  'local-transport',
  'socket-',
  'process-workers',
  'local-workers',
  'heartbeats',
  'iceberg/io/',
  'sqlite-catalog',
]

/** What reaches the machine all the same, and why that changes nothing. */
const HARMLESS: ReadonlyMap<string, string> = new Map([
  ['runtime/time/system-clock.ts', 'the default where none is injected; a test above forbids it'],
  ['operators/async/policies/process-time.ts', 'for functions that are called outside of a job'],
  ['runtime/fault-point.ts', 'faults are set by the environment, and are not here'],
  ['runtime/checkpoint/journal.ts', 'a nonce, of which only equality counts'],
  ['connectors/iceberg/commit/append-snapshot.ts', 'names of files, and ids of snapshots'],
  ['connectors/iceberg/commit/iceberg-committer.ts', 'the default of what is injected'],
  ['connectors/iceberg/format/avro-file.ts', 'a sync marker'],
  ['connectors/iceberg/format/table-metadata.ts', 'the id of a table'],
])

describe('a planted bug', () => {
  test.for(Object.keys(PLANTED_BUGS))('is found: %s', async (name) => {
    using _planted = PLANTED_BUGS[name]!()
    for (let n = 0; n < PLANTED_WITHIN; n++) {
      const { violations } = await simulate(seedOf(n))
      if (violations.length === 0) continue
      console.log(`${name}: found after ${n + 1} seeds, by ${violations[0]}`)
      return
    }
    expect.fail(`not found within ${PLANTED_WITHIN} seeds`)
  })
})

function describeFailure(seed: number, { violations }: Outcome): string {
  return `seed ${seed}: ${violations[0]}\n  see it with: node test/simulation/replay.ts ${seed} --trace`
}
