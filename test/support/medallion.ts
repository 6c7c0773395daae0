/** The medallion job for tests: publishing a simulated shop into a data directory, submitting the job, opening its tables. */
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { UserActionEvent } from '../../jobs/medallion/schemas.ts'
import { nextFirstDay } from '../../jobs/medallion/simulator/first-day.ts'
import { publishShop } from '../../jobs/medallion/simulator/publish-shop.ts'
import { type Simulation, simulateShop } from '../../jobs/medallion/simulator/simulate-shop.ts'
import { VARIANTS, type Variant } from '../../jobs/medallion/simulator/variants.ts'
import { rawEvents } from '../../jobs/medallion/topics.ts'
import { openQuery, openTables, openTopics } from '../../runtime/compose/index.ts'
import { type Config, loadConfig } from '../../runtime/config/index.ts'
import { EventProducer } from '../../runtime/producer/event-producer.ts'
import { systemClock } from '../../runtime/time/system-clock.ts'
import type { TableCatalog } from '../../topology/contract/catalog.ts'
import type { QueryEngine } from '../../topology/contract/query.ts'
import { type ProcessOptions, type ProcessResult, ROOT, type StartedProcess, startProcess } from './run-process.ts'
import { recordingLogger, silentMetrics } from './silent.ts'

export const TOPIC = 'raw-events'
const context = { clock: systemClock, logger: recordingLogger() }

/** @param env what the job was given besides, such as where its checkpoints are */
export function configOf(dataDir: string, env: Readonly<Record<string, string>> = {}): Config {
  return loadConfig({ flags: { SLUICE_DATA_DIR: dataDir }, env, cwd: ROOT }).config
}

/** What was published, an event a line: what an oracle may look at beside the tables. */
export function publishedFile(dataDir: string): string {
  return join(dataDir, 'published.jsonl')
}

export interface ShopRun {
  readonly events: number
  readonly seed: number
  /** @default 2 */
  readonly days?: number
  /** Left out, with their duplicates. @default none */
  readonly without?: readonly Variant[]
}

/**
 * Publishes the days that follow what the topic holds, and adds them to {@link publishedFile}.
 *
 * @param env where topics are, if not in the embedded log
 */
export async function publishDays(
  dataDir: string,
  run: ShopRun,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  mkdirSync(dataDir, { recursive: true })
  const system = await openTopics(configOf(dataDir, env), context)
  try {
    await system.ensureTopic(TOPIC, rawEvents.options)
    const reader = { job: 'test', uid: 'test', subtask: 0, ...context, metrics: silentMetrics }
    const shop = simulateShop({ ...run, firstDay: await nextFirstDay(system, TOPIC, reader) })
    const simulation = without(shop, run.without ?? [])
    await using producer = await EventProducer.open({
      system,
      schema: UserActionEvent,
      sourceSystem: 'test',
      ...context,
      random: Math.random,
      metrics: silentMetrics,
    })
    // Small appends, so that the partitions interleave finely and windows close while a run is under way.
    await publishShop(producer, noted(simulation, publishedFile(dataDir)), { batch: 400 })
  } finally {
    await system.close()
  }
}

function without(simulation: Simulation, variants: readonly Variant[]): Simulation {
  return {
    ...simulation,
    *records() {
      const leftOut = new Set<string | undefined>()
      for (const record of simulation.records()) {
        const id = record.kind === 'event' ? record.event.event_id : undefined
        if (!variants.includes(record.variant) && !leftOut.has(id)) yield record
        else if (id !== undefined) leftOut.add(id)
      }
    },
  }
}

/** Writes down each valid event and what the shop meant to become of it. */
function noted(simulation: Simulation, file: string): Simulation {
  return {
    ...simulation,
    *records() {
      const lines: string[] = []
      for (const record of simulation.records()) {
        const event = record.kind === 'event' ? record.event : null
        lines.push(JSON.stringify({ outcome: VARIANTS[record.variant].outcome, event }))
        yield record
      }
      appendFileSync(file, `${lines.join('\n')}\n`)
    },
  }
}

/** Records between two checkpoints: see medallion-paced-source.ts. */
export const ROWS_PER_CHECKPOINT = 1_500

/**
 * Starts `runtime submit` on the medallion job in a process of its own, which takes a checkpoint every
 * {@link ROWS_PER_CHECKPOINT} records.
 */
export function startMedallion(dataDir: string, args?: readonly string[], options?: ProcessOptions): StartedProcess {
  return startJob('jobs/medallion/job.ts', dataDir, args, options)
}

/** The same for another job. */
export function startJob(
  job: string,
  dataDir: string,
  args: readonly string[] = ['--until', 'latest', '--drain'],
  { env, ...options }: ProcessOptions = {},
): StartedProcess {
  const fixed = {
    SLUICE_TEST_ROWS_PER_CHECKPOINT: String(ROWS_PER_CHECKPOINT),
    METRICS_PORT: 'off',
    LOG_LEVEL: 'warn',
    CHECKPOINT_INTERVAL: '1ms',
    RESTART_STRATEGY: 'none',
    ...env,
  }
  return startProcess('runtime/cli/main.ts', ['submit', job, ...args, '--data-dir', dataDir, '--format', 'json'], {
    imports: ['test/support/medallion-paced-source.ts'],
    ...options,
    env: fixed,
  })
}

export function runMedallion(...args: Parameters<typeof startMedallion>): Promise<ProcessResult> {
  return startMedallion(...args).ended
}

export interface OpenTables extends AsyncDisposable {
  readonly tables: TableCatalog
  readonly engine: QueryEngine
}

/** The tables of a data directory, and SQL over them. */
export async function openMedallionTables(dataDir: string): Promise<OpenTables> {
  const config = configOf(dataDir)
  const tables = await openTables(config, context)
  const engine = await openQuery(config, tables)
  return {
    tables,
    engine,
    async [Symbol.asyncDispose]() {
      await engine.close()
      await tables.close()
    },
  }
}

/** What the CLI reported as JSON: the error that ended the run. */
export function errorOf({ stderr }: ProcessResult): {
  readonly code: string
  readonly message: string
  readonly fix: string
  readonly details: Readonly<Record<string, unknown>>
} {
  const line = stderr.split('\n').findLast((each) => each.startsWith('{"error":'))
  if (line === undefined) throw new Error(`no error was reported: ${stderr}`)
  return JSON.parse(line).error
}

/** The last line of {@link startMedallion}'s standard output: how the run ended. */
export function statusOf({ stdout, stderr }: ProcessResult): {
  readonly state: string
  readonly epoch: string
  readonly restoredFrom?: string
  readonly lastCheckpoint: { readonly id: string; readonly kind: string; readonly location: string }
} {
  if (stdout === '') throw new Error(`the run reported nothing: ${stderr}`)
  return JSON.parse(stdout)
}
