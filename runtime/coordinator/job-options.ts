/** What a job is run with. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { Logger, MetricScope } from '../../topology/contract/observability.ts'
import type { SourceBounds, SplitState } from '../../topology/contract/source.ts'
import type { Plan } from '../../topology/plan/plan.ts'
import type { CheckpointStore, RestorePoint } from '../checkpoint/checkpoint-store.ts'
import type { Committers } from './committers.ts'
import type { Connections, OpenConnectors } from './connectors.ts'

export interface RunJobOptions {
  readonly plan: Plan
  readonly store: CheckpointStore
  readonly connections: Connections
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: (labels: Readonly<Record<string, string>>) => MetricScope
  readonly checkpointIntervalMs: number
  readonly bounds?: SourceBounds
  /** With `bounds.until`: close open windows at the end. */
  readonly drain?: boolean
  /** URI of a savepoint's manifest to begin from, in place of the latest checkpoint. */
  readonly fromSavepoint?: string
  /** Let tables go back to an older checkpoint's snapshot. */
  readonly allowRewind?: boolean
}

/** What one attempt is made of, once it holds its epoch and every sink is fenced. */
export interface AttemptOptions extends RunJobOptions {
  readonly epoch: bigint
  readonly point: RestorePoint | undefined
  readonly connectors: OpenConnectors
  readonly committers: Committers
  /** By source uid. */
  readonly splits: ReadonlyMap<string, readonly SplitState[]>
}
