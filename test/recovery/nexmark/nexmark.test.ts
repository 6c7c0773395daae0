/**
 * Nexmark's queries as jobs of worker processes, from the generator and from the log: killed by SIGKILL behind a checkpoint
 * while records are in flight, restarted at another parallelism, killed again, and ended at a third. Their tables hold what
 * DuckDB computes in batch over the same events.
 *
 * `npm test` runs two of them, CI a tenth, `npm run test:deep nexmark` every query from both.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTables } from '../../../runtime/compose/index.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { Oracle, PINNED_CLOCK_MS } from '../../jobs/nexmark/oracle.ts'
import { tableDifference } from '../../jobs/nexmark/table-difference.ts'
import { configOf } from '../../support/medallion.ts'
import { ROOT } from '../../support/run-process.ts'
import { FRESH_SEED, scale } from '../../support/scale.ts'
import { recordingLogger } from '../../support/silent.ts'
import { KilledQuery } from './killed-query.ts'
import { chosenRuns, type KilledRun, nameOf, type Origin } from './killed-run-plan.ts'

const EVENTS = scale(1_000_000, 12_000)
/** No two events in the same millisecond, so that the last of them is one. */
const EVENTS_PER_SECOND = 500
const SPLITS = 4
/** One reader alone would take so long. */
const PACED_SECONDS = scale(20, 4)
const TOPIC = 'nexmark'

/** What a job is told of its origin; split i of the generator stands at i, i + 4, … */
const ORIGINS: Readonly<Record<Origin, { env: Readonly<Record<string, string>>; positionsPerRecord: number }>> = {
  generator: {
    env: {
      NEXMARK_EVENTS: String(EVENTS),
      NEXMARK_EVENTS_PER_SECOND: String(EVENTS_PER_SECOND),
      NEXMARK_SPLITS: String(SPLITS),
    },
    positionsPerRecord: SPLITS,
  },
  log: { env: { NEXMARK_TOPIC: TOPIC }, positionsPerRecord: 1 },
}

const directory = mkdtempSync(join(tmpdir(), 'sluice-nexmark-'))
const dataDirOf = (origin: Origin) => join(directory, origin)
const runs = chosenRuns()
let oracle: Oracle

beforeAll(async () => {
  for (const origin of Object.keys(ORIGINS) as Origin[]) mkdirSync(dataDirOf(origin))
  oracle = await Oracle.of({ events: EVENTS, eventsPerSecond: EVENTS_PER_SECOND })
  if (runs.some(({ origin }) => origin === 'log')) await publish(dataDirOf('log'))
})
afterAll(async () => {
  await oracle[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})

/** As the README says. */
async function publish(dataDir: string): Promise<void> {
  const simulate = `jobs/nexmark/simulate.ts ${EVENTS} ${EVENTS_PER_SECOND}`
  const publish = `runtime/cli/main.ts publish ${TOPIC} - --raw --data-dir '${dataDir}'`
  const node = `'${process.execPath}'`
  await promisify(execFile)('sh', ['-c', `${node} ${simulate} | ${node} ${publish}`], { cwd: ROOT })
}

test.for(runs.map((run) => [nameOf(run), run] as const))(`%s (seed ${FRESH_SEED})`, async ([, run]) => {
  const dataDir = dataDirOf(run.origin)
  const { env, positionsPerRecord } = ORIGINS[run.origin]
  const job = new KilledQuery({
    dataDir,
    scratch: join(directory, `${run.query}-${run.origin}`),
    run,
    events: EVENTS,
    positionsPerRecord,
    rowsPerSecond: Math.ceil(EVENTS / PACED_SECONDS),
    env: { ...env, SLUICE_TEST_NOW_MS: String(PINNED_CLOCK_MS) },
  })
  try {
    for (const { victim, checkpoint, recordsInFlight } of await job.run())
      console.log(`${victim} killed behind checkpoint ${checkpoint}, ${recordsInFlight} records in flight`)
  } finally {
    await job.end()
  }
  await expectOracle(run, dataDir)
})

async function expectOracle({ query }: KilledRun, dataDir: string): Promise<void> {
  const catalog = await openTables(configOf(dataDir), { clock: systemClock, logger: recordingLogger() })
  try {
    const { rows, missing, unexpected } = await tableDifference(oracle, query, catalog)
    expect(rows).toBeGreaterThan(0)
    expect({ missing, unexpected }).toEqual({ missing: [], unexpected: [] })
    console.log(`${query}: ${rows} rows, as DuckDB has them`)
  } finally {
    await catalog.close()
  }
}
