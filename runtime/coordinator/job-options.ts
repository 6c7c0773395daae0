/** What a job is run with. */
import type { Clock, Random } from '../../topology/contract/clock.ts'
import type { Logger, MetricScope } from '../../topology/contract/observability.ts'
import type { SourceBounds } from '../../topology/contract/source.ts'
import type { Topology } from '../../topology/topology.ts'
import type { CheckpointStore } from '../checkpoint/checkpoint-store.ts'
import type { Connections } from '../worker/connectors.ts'
import type { CheckpointSettings } from './checkpoint-coordinator.ts'
import type { RestartSettings } from './restart-strategy.ts'
import type { WorkerPoolOptions } from './worker-pool.ts'

export interface JobOptions {
  readonly topology: Topology
  /** Path of the job module, as it was submitted. @default none: the topology was built by the caller */
  readonly file?: string
  /** Path → SHA-256, of the job module and the files it loads. */
  readonly files?: Readonly<Record<string, string>>
  /** Subtasks of every operator that does not say otherwise. @default 1 */
  readonly parallelism?: number
  /** @default 1 */
  readonly workers?: number
  /** Fixed at a job's first run. @default what the checkpoint has, 128 at the first run */
  readonly keyGroups?: number
  readonly store: CheckpointStore
  readonly connections: Connections
  readonly pool: Pick<WorkerPoolOptions, 'transport' | 'launcher' | 'token' | 'heartbeatTimeoutMs' | 'stallTimeoutMs'>
  readonly checkpoints: CheckpointSettings
  readonly restart: RestartSettings
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly metrics: (labels: Readonly<Record<string, string>>) => MetricScope
  readonly bounds?: SourceBounds
  /** With `bounds.until`: close open windows at the end. */
  readonly drain?: boolean
  /** URI of a savepoint's manifest to begin from, in place of the latest checkpoint. */
  readonly fromSavepoint?: string
  /** Let tables go back to an older checkpoint's snapshot. */
  readonly allowRewind?: boolean
  /** Leave the state of operators that the job no longer has behind. */
  readonly allowNonRestoredState?: boolean
}
