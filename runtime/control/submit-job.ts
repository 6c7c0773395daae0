/** Submits a job in this process: opens what configuration maps its names to, and starts an attempt. */
import { join, resolve } from 'node:path'
import type { Clock } from '../../topology/contract/clock.ts'
import type { JobRun } from '../../topology/contract/job-control.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import type { SourceBounds } from '../../topology/contract/source.ts'
import { compile } from '../../topology/plan/compile.ts'
import type { Plan } from '../../topology/plan/plan.ts'
import type { Topology } from '../../topology/topology.ts'
import { CheckpointStore } from '../checkpoint/checkpoint-store.ts'
import { openFiles, openTables, openTopics } from '../compose/index.ts'
import type { Config } from '../config/index.ts'
import { runJob } from '../coordinator/run-job.ts'
import type { Metrics } from '../observability/metrics.ts'
import { lockJob } from './job-lock.ts'

export interface SubmitOptions {
  readonly config: Config
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly bounds?: SourceBounds
  readonly drain?: boolean
  /** Path or URI of a savepoint's manifest. */
  readonly fromSavepoint?: string
  readonly allowRewind?: boolean
}

export interface SubmittedJob {
  readonly run: JobRun
  readonly plan: Plan
  /** After the run is done. */
  close(): Promise<void>
}

/**
 * Starts an attempt of `topology`, from the job's last checkpoint when there is one.
 *
 * @throws {SluiceError} `DATA_IN_USE`, and all that `compile` and `runJob` throw; nothing stays open then.
 */
export async function submitJob(topology: Topology, options: SubmitOptions): Promise<SubmittedJob> {
  const { config, clock, logger, metrics } = options
  const plan = compile(topology)
  await using opened = new AsyncDisposableStack()
  // On this machine, wherever checkpoints are: it keeps two runs off the same log and tables.
  opened.use(lockJob(join(config.dataDir, 'checkpoints', plan.job), plan.job))
  const context = { clock, logger }
  const topics = opened.adopt(await openTopics(config, context), (system) => system.close())
  const tables = opened.adopt(await openTables(config, context), (catalog) => catalog.close())
  const files = opened.adopt(await openFiles(config, context), (io) => io.close())
  const store = new CheckpointStore({
    files,
    root: `${config.checkpoints}/${plan.job}`,
    retained: config.checkpoint.retained,
    logger: logger.child({ job: plan.job }),
  })
  const run = await runJob({
    plan,
    store,
    connections: { topics, tables },
    clock,
    logger: logger.child({ job: plan.job }),
    metrics: (labels) => metrics.scope({ job: plan.job, ...labels }),
    checkpointIntervalMs: config.checkpoint.intervalMs,
    ...(options.bounds === undefined ? {} : { bounds: options.bounds }),
    ...(options.drain === undefined ? {} : { drain: options.drain }),
    ...(options.fromSavepoint === undefined ? {} : { fromSavepoint: toUri(options.fromSavepoint) }),
    ...(options.allowRewind === undefined ? {} : { allowRewind: options.allowRewind }),
  })
  const keep = opened.move()
  return { run, plan, close: () => keep.disposeAsync() }
}

/** A path as the user wrote it, or a URI. */
function toUri(location: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//.test(location) ? location : `file://${resolve(location)}`
}
