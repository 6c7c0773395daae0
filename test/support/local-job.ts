/** What a job needs to run with workers in this process. */
import type { CheckpointStore } from '../../runtime/checkpoint/checkpoint-store.ts'
import type { JobOptions } from '../../runtime/coordinator/job-options.ts'
import type { Connections } from '../../runtime/worker/connectors.ts'
import { localWorkers } from '../../runtime/worker/local-workers.ts'
import type { Clock } from '../../topology/contract/clock.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import type { Topology } from '../../topology/topology.ts'
import { silentMetrics } from './silent.ts'

export interface LocalJobOptions {
  readonly topology: Topology
  readonly store: CheckpointStore
  readonly connections: Connections
  readonly clock: Clock
  readonly logger: Logger
  /** Of the workers too, since they share this process. @default silent */
  readonly metrics?: JobOptions['metrics']
}

/** Fails for good at its first failure, unless told otherwise. */
export function localJob(options: LocalJobOptions): Omit<JobOptions, 'checkpoints'> {
  const { metrics = () => silentMetrics } = options
  return {
    ...options,
    pool: localWorkers({ ...options, files: options.store.contents, metrics }),
    restart: { type: 'none' },
    random: Math.random,
    metrics,
  }
}
