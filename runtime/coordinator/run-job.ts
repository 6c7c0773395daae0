/** One attempt of a job in this process: take an epoch, restore, fence, run, checkpoint, stop. */
import type { JobRun } from '../../topology/contract/job-control.ts'
import type { SinkCommitter } from '../../topology/contract/sink.ts'
import type { RestorePoint } from '../checkpoint/checkpoint-store.ts'
import { faultPoint } from '../fault-point.ts'
import { Attempt } from './attempt.ts'
import { Committers } from './committers.ts'
import { type OpenConnectors, openConnectors } from './connectors.ts'
import type { RunJobOptions } from './job-options.ts'
import { checkFits, splitsOf } from './restore.ts'

/**
 * Starts an attempt.
 *
 * Order matters: the epoch is taken first, so that from then on no older attempt can complete a checkpoint; every sink
 * is fenced and what the restored checkpoint owes is committed before any source starts.
 *
 * @throws {SluiceError} `RESTORE_MISMATCH`, `CHECKPOINT_CORRUPT`, `REWIND_REFUSED`, `SCHEMA_MISMATCH`, `FENCED` …
 */
export async function runJob(options: RunJobOptions): Promise<JobRun> {
  const { plan, store, logger } = options
  for (const warning of plan.warnings) logger.warn({ event: 'plan-warning', job: plan.job }, warning)
  const epoch = await store.openEpoch()
  const point = await (options.fromSavepoint === undefined ? store.latest() : store.at(options.fromSavepoint))
  if (point !== undefined) checkFits(point.manifest, plan, point.location)
  faultPoint('restore.after-load')
  await using opened = new AsyncDisposableStack()
  const connectors = opened.adopt(await openConnectors(plan, options.connections), (each) => each.close())
  const committers = opened.adopt(await openCommitters(options, connectors), (each) => each.close())
  await committers.fence({ epoch, restored: point?.manifest, allowRewind: mayRewind(options, point) })
  if (point !== undefined) await store.adopt(point)
  const splits = new Map(
    await Promise.all(
      [...connectors.sources].map(async ([uid, source]) => {
        const found = await source.discoverSplits(options.bounds ?? {})
        return [uid, splitsOf(found, point?.manifest.sources[uid])] as const
      }),
    ),
  )
  const attempt = new Attempt({ ...options, epoch, point, connectors, committers, splits })
  await attempt.start()
  // From here on they are the attempt's to close.
  opened.move()
  return attempt
}

/**
 * When the newest checkpoint is damaged, tables may hold its output already: they go back with the state, as long as
 * nobody else has written since. A rewind that a user asks for by naming an older savepoint needs the flag.
 */
function mayRewind(options: RunJobOptions, point: RestorePoint | undefined): boolean {
  return options.allowRewind === true || (point?.passedOver.length ?? 0) > 0
}

async function openCommitters(options: RunJobOptions, connectors: OpenConnectors): Promise<Committers> {
  const { plan, clock, logger, metrics } = options
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
