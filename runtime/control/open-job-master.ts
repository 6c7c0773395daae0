/** Opens a job: what configuration maps its names to, its workers, and its coordinator in this process. */
import { join, resolve } from 'node:path'
import type { Clock } from '../../topology/contract/clock.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import type { SourceBounds } from '../../topology/contract/source.ts'
import type { Topology } from '../../topology/topology.ts'
import { CheckpointStore } from '../checkpoint/checkpoint-store.ts'
import { openConnections, openFiles } from '../compose/index.ts'
import type { Config } from '../config/index.ts'
import { JobMaster } from '../coordinator/job-master.ts'
import type { Metrics } from '../observability/metrics.ts'
import { localWorkers } from '../worker/local-workers.ts'
import { processWorkers } from '../worker/process-workers.ts'
import { lockJob } from './job-lock.ts'
import type { LoadedJob } from './load-job.ts'

export interface SubmitOptions {
  readonly config: Config
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  /** Where the topology came from: workers load it from there. Without it they run in this process. */
  readonly loaded?: Pick<LoadedJob, 'file' | 'files'>
  readonly parallelism?: number
  /** Worker processes; 0: the tasks run in this process. @default 0 */
  readonly workers?: number
  readonly keyGroups?: number
  readonly bounds?: SourceBounds
  readonly drain?: boolean
  /** Path or URI of a savepoint's manifest. */
  readonly fromSavepoint?: string
  readonly allowRewind?: boolean
  readonly allowNonRestoredState?: boolean
}

export interface OpenedJob {
  /** To be started. */
  readonly master: JobMaster
  /** After it is done. */
  close(): Promise<void>
}

/**
 * Opens all that a job needs; `master.start()` then starts it, from its last checkpoint when there is one.
 *
 * @throws {SluiceError} `DATA_IN_USE`, and what opening its connectors throws; nothing stays open then.
 */
export async function openJobMaster(topology: Topology, options: SubmitOptions): Promise<OpenedJob> {
  const { config, clock, loaded, workers = 0 } = options
  const job = topology.name
  const logger = options.logger.child({ job })
  const metrics = (labels: Readonly<Record<string, string>>) => options.metrics.scope({ job, ...labels })
  await using opened = new AsyncDisposableStack()
  // On this machine, wherever checkpoints are: it keeps two runs off the same log and tables.
  opened.use(lockJob(join(config.dataDir, 'checkpoints', job), job))
  const context = { clock, logger: options.logger }
  const connections = opened.adopt(await openConnections(config, context), (each) => each.close())
  const files = opened.adopt(await openFiles(config, context), (io) => io.close())
  const store = new CheckpointStore({
    files,
    root: `${config.checkpoints}/${job}`,
    retained: config.checkpoint.retained,
    logger,
  })
  const pool =
    workers === 0 || loaded === undefined
      ? localWorkers({ topology, connections, files: store.contents, clock, logger, metrics })
      : opened.use(await processWorkers({ file: loaded.file, job, config }))
  const master = new JobMaster({
    topology,
    ...(loaded === undefined ? {} : { file: loaded.file, files: loaded.files }),
    workers: Math.max(1, workers),
    store,
    connections,
    pool: {
      ...pool,
      heartbeatTimeoutMs: config.worker.heartbeatTimeoutMs,
      stallTimeoutMs: config.worker.stallTimeoutMs,
    },
    checkpoints: config.checkpoint,
    restart: config.restart,
    clock,
    random: Math.random,
    logger,
    metrics,
    ...definedOnly({
      parallelism: options.parallelism,
      keyGroups: options.keyGroups,
      bounds: options.bounds,
      drain: options.drain,
      fromSavepoint: options.fromSavepoint === undefined ? undefined : toUri(options.fromSavepoint),
      allowRewind: options.allowRewind,
      allowNonRestoredState: options.allowNonRestoredState,
    }),
  })
  options.metrics.include(() => master.collectMetrics())
  const keep = opened.move()
  return { master, close: () => keep.disposeAsync() }
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

function definedOnly<T extends object>(options: T): Defined<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Defined<T>
}

/** A path as the user wrote it, or a URI. */
function toUri(location: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//.test(location) ? location : `file://${resolve(location)}`
}
