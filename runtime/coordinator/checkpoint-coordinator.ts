/** Takes checkpoints: barriers out, acknowledgements in, manifest durable, then commits. One at a time. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { CheckpointProgress } from '../../topology/contract/job-control.ts'
import type { Logger, MetricScope } from '../../topology/contract/observability.ts'
import type { SplitState } from '../../topology/contract/source.ts'
import type { Plan } from '../../topology/plan/plan.ts'
import type { CheckpointStore } from '../checkpoint/checkpoint-store.ts'
import type { CheckpointKind, Manifest } from '../checkpoint/manifest.ts'
import { faultPoint } from '../fault-point.ts'
import type { SourceTaskControl, TaskSnapshot } from '../worker/task.ts'
import type { Committers } from './committers.ts'
import { statefulUids } from './restore.ts'

export interface CheckpointCoordinatorOptions {
  readonly plan: Plan
  readonly store: CheckpointStore
  readonly committers: Committers
  readonly sources: readonly SourceTaskControl[]
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: MetricScope
}

interface Pending {
  readonly checkpointId: bigint
  readonly acknowledged: Map<string, TaskSnapshot>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export class CheckpointCoordinator {
  private readonly options: CheckpointCoordinatorOptions
  private nextId: bigint
  private pending: Pending | undefined
  private last: CheckpointProgress | undefined
  private queue: Promise<unknown> = Promise.resolve()
  private failure: unknown

  constructor(options: CheckpointCoordinatorOptions) {
    this.options = options
    this.nextId = options.store.lastCheckpointId + 1n
  }

  get lastCheckpoint(): CheckpointProgress | undefined {
    return this.last
  }

  /**
   * Takes a checkpoint after those already asked for, and applies it at every sink. Resolves once that is done.
   * A failure of any step fails the attempt: what is unknown then, the next attempt finds out.
   */
  trigger(kind: CheckpointKind): Promise<CheckpointProgress> {
    const taken = this.queue.then(() => this.take(kind))
    this.queue = taken.catch(() => undefined)
    return taken
  }

  acknowledge(stageId: string, checkpointId: bigint, snapshot: TaskSnapshot): void {
    const { pending } = this
    if (pending?.checkpointId !== checkpointId) return
    pending.acknowledged.set(stageId, snapshot)
    if (pending.acknowledged.size === this.options.plan.stages.length) pending.resolve()
  }

  /** The attempt has failed: what is under way can't complete. */
  fail(error: unknown): void {
    this.failure ??= error
    this.pending?.reject(error)
  }

  private async take(kind: CheckpointKind): Promise<CheckpointProgress> {
    const { store, committers, clock, logger, metrics } = this.options
    if (this.failure !== undefined) throw this.failure
    const startedMs = clock.monotonicMs()
    const checkpointId = this.nextId++
    const snapshots = await this.snapshots(checkpointId)
    const manifest = this.manifest(kind, checkpointId, snapshots)
    const location = await store.complete(manifest)
    await committers.commit(manifest, store.epoch)
    const durationMs = clock.monotonicMs() - startedMs
    const sizeBytes = manifest.keyed.reduce((sum, reference) => sum + reference.sizeBytes, 0)
    this.last = { id: checkpointId, kind, completedAtMs: manifest.createdAtMs, durationMs, sizeBytes, location }
    metrics.counter('checkpoints_completed_total').add(1)
    metrics.histogram('checkpoint_duration_seconds').observe(durationMs / 1000)
    metrics.histogram('checkpoint_size_bytes').observe(sizeBytes)
    logger.debug(
      {
        event: 'checkpoint-completed',
        checkpoint: String(checkpointId),
        kind,
        durationMs: Math.round(durationMs),
        sizeBytes,
      },
      `${kind} ${checkpointId} complete in ${Math.round(durationMs)} ms`,
    )
    return this.last
  }

  private async snapshots(checkpointId: bigint): Promise<ReadonlyMap<string, TaskSnapshot>> {
    const { sources, store } = this.options
    const acknowledged = new Map<string, TaskSnapshot>()
    await new Promise<void>((resolve, reject) => {
      this.pending = { checkpointId, acknowledged, resolve, reject }
      for (const source of sources) source.trigger({ kind: 'barrier', epoch: store.epoch, checkpointId })
      faultPoint('checkpoint.after-barrier')
    })
    this.pending = undefined
    return acknowledged
  }

  private manifest(kind: CheckpointKind, checkpointId: bigint, snapshots: ReadonlyMap<string, TaskSnapshot>): Manifest {
    const { plan, store, clock } = this.options
    const stages = plan.stages.map((stage) => ({ stage, snapshot: snapshots.get(stage.id)! }))
    return {
      job: plan.job,
      kind,
      epoch: store.epoch,
      checkpointId,
      createdAtMs: clock.nowMs(),
      planFingerprint: plan.fingerprint,
      keyGroups: plan.keyGroups,
      uids: statefulUids(plan),
      sources: Object.fromEntries(
        stages.flatMap(({ stage, snapshot }): [string, readonly SplitState[]][] =>
          stage.source === undefined ? [] : [[stage.source.id, snapshot.splits ?? []]],
        ),
      ),
      keyed: stages.flatMap(({ snapshot }) => snapshot.stage.keyed),
      split: Object.assign({}, ...stages.map(({ snapshot }) => snapshot.stage.split)),
      watermarksMs: Object.fromEntries(stages.map(({ stage, snapshot }) => [stage.id, snapshot.stage.watermarkMs])),
      sinks: Object.fromEntries(
        stages.flatMap(({ snapshot: { stage } }) =>
          Object.entries(stage.committables).map(([uid, committables]) => [
            uid,
            { committables, watermarkMs: stage.sinkWatermarksMs[uid] ?? null },
          ]),
        ),
      ),
    }
  }
}
