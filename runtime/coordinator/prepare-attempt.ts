/** What comes before an attempt's tasks: its epoch, what it restores, sinks that are fenced, splits that are known. */
import type { SinkCommitter } from '../../topology/contract/sink.ts'
import type { Source, SourceBounds, SplitDescription, SplitState } from '../../topology/contract/source.ts'
import { compile } from '../../topology/plan/compile.ts'
import type { Plan } from '../../topology/plan/plan.ts'
import type { RestorePoint } from '../checkpoint/checkpoint-store.ts'
import { checkFits, splitsOf } from '../checkpoint/restore.ts'
import { faultPoint } from '../fault-point.ts'
import { ensureExternals, type OpenConnectors, openConnectors } from '../worker/connectors.ts'
import { Committers } from './committers.ts'
import type { JobOptions } from './job-options.ts'
import { warnOfDrift } from './warn-of-drift.ts'

export interface PreparedAttempt {
  readonly plan: Plan
  readonly epoch: bigint
  readonly point: RestorePoint | undefined
  readonly committers: Committers
  /** By source uid. */
  readonly splits: ReadonlyMap<string, readonly SplitState[]>
  /** By uid, open until the attempt is closed. */
  readonly sources: ReadonlyMap<string, Source>
  /** By source uid, then split id: where a bounded job stops, the same for all its attempts. */
  readonly bounds: Bounds
  close(): Promise<void>
}

export type Bounds = ReadonlyMap<string, ReadonlyMap<string, SplitDescription['stop']>>

export interface PrepareOptions {
  readonly parallelism: number
  readonly fromSavepoint?: string
  /** Of the attempt before. */
  readonly bounds: Bounds | undefined
  /** Rejects when the job is canceled: a fence may wait for somebody else. */
  readonly canceled: Promise<never>
}

/**
 * Order matters: the epoch is taken first, so that from then on no older attempt can complete a checkpoint; every sink
 * is fenced and what the restored checkpoint owes is committed before any source starts.
 *
 * @throws {SluiceError} `RESTORE_MISMATCH`, `CHECKPOINT_CORRUPT`, `REWIND_REFUSED`, `SCHEMA_MISMATCH`, `FENCED` …
 */
export async function prepareAttempt(options: JobOptions, prepare: PrepareOptions): Promise<PreparedAttempt> {
  const { store, topology, connections, logger } = options
  const { parallelism, fromSavepoint } = prepare
  // What makes no sense is refused before anything is touched.
  compile(topology, { parallelism, ...(options.keyGroups === undefined ? {} : { keyGroups: options.keyGroups }) })
  const epoch = await store.openEpoch()
  const point = await (fromSavepoint === undefined ? store.latest() : store.at(fromSavepoint, topology.name))
  const keyGroups = options.keyGroups ?? point?.manifest.keyGroups
  const plan = compile(topology, { parallelism, ...(keyGroups === undefined ? {} : { keyGroups }) })
  for (const warning of plan.warnings) logger.warn({ event: 'plan-warning', job: plan.job }, warning)
  if (point !== undefined) checkFits(point.manifest, plan, point.location, options.allowNonRestoredState)
  faultPoint('restore.after-load')
  await ensureExternals(plan.nodes, connections)
  await warnOfDrift(plan.nodes, connections.topics, logger)
  await using opened = new AsyncDisposableStack()
  const connectors = opened.adopt(openConnectors(plan, connections), (each) => each.close())
  const committers = opened.adopt(await openCommitters(options, plan, connectors), (each) => each.close())
  const fenced = committers.fence({ epoch, restored: point?.manifest, allowRewind: mayRewind(options, point) })
  await Promise.race([fenced, prepare.canceled])
  if (point !== undefined) await store.adopt(point)
  const { splits, bounds } = await discover(connectors, options, point, prepare.bounds)
  const keep = opened.move()
  const close = async () => {
    // What can't be closed must not hide why the attempt ended.
    await keep
      .disposeAsync()
      .catch((error: unknown) => logger.warn({ event: 'close-failed', err: error }, String(error)))
  }
  return { plan, epoch, point, committers, splits, sources: connectors.sources, bounds, close }
}

/**
 * When the newest checkpoint is damaged, tables may hold its output already: they go back with the state, as long as
 * nobody else has written since. A rewind that a user asks for by naming an older savepoint needs the flag.
 */
function mayRewind(options: JobOptions, point: RestorePoint | undefined): boolean {
  return options.allowRewind === true || (point?.passedOver.length ?? 0) > 0
}

async function discover(
  { sources }: OpenConnectors,
  { bounds = {}, drain = false }: Pick<JobOptions, 'bounds' | 'drain'>,
  point: RestorePoint | undefined,
  known: Bounds | undefined,
) {
  const found = await Promise.all(
    [...sources].map(async ([uid, source]) => {
      // What has come since a checkpoint was taken is to be read from its beginning.
      const from: SourceBounds = point?.manifest.sources[uid] === undefined ? {} : { from: 'earliest' }
      return [uid, await source.discoverSplits({ ...bounds, ...from })] as const
    }),
  )
  const splits = new Map(
    found.map(([uid, descriptions]) => {
      const stops = known?.get(uid)
      const bounded = descriptions.map((split) => {
        const stop = stops?.get(split.id) ?? split.stop
        if (stop === undefined) return split
        // A job that drains closes its windows at its bounds: what lies behind them is for it as if it never came.
        return { ...split, stop, isFinal: drain || split.isFinal === true }
      })
      return [uid, splitsOf(bounded, point?.manifest.sources[uid])] as const
    }),
  )
  const stops = new Map(
    [...splits].map(([uid, states]) => [uid, new Map(states.map((split) => [split.id, split.stop]))] as const),
  )
  return { splits, bounds: stops }
}

async function openCommitters(options: JobOptions, plan: Plan, connectors: OpenConnectors): Promise<Committers> {
  const { clock, logger, metrics } = options
  const opened = new Map<string, SinkCommitter>()
  for (const [uid, sink] of connectors.sinks) {
    opened.set(
      uid,
      await sink.createCommitter({
        job: plan.job,
        uid,
        clock,
        logger: logger.child({ uid }),
        metrics: metrics({ uid }),
      }),
    )
  }
  return new Committers(opened)
}
