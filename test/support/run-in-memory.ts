/** Runs a topology with sources and sinks of its own in this process, on files in memory. */

import { type MemoryFiles, memoryFiles } from '../../connectors/memory/memory-files.ts'
import { CheckpointStore } from '../../runtime/checkpoint/checkpoint-store.ts'
import type { CheckpointSettings } from '../../runtime/coordinator/checkpoint-coordinator.ts'
import type { JobMaster } from '../../runtime/coordinator/job-master.ts'
import type { JobOptions } from '../../runtime/coordinator/job-options.ts'
import type { RestartSettings } from '../../runtime/coordinator/restart-strategy.ts'
import { runJob } from '../../runtime/coordinator/run-job.ts'
import { jsonSerdes } from '../../runtime/testing/json-serdes.ts'
import { systemClock } from '../../runtime/time/system-clock.ts'
import type { Clock } from '../../topology/contract/clock.ts'
import type { EndpointSystem } from '../../topology/contract/endpoint.ts'
import type { SerdeSystem } from '../../topology/contract/serde.ts'
import type { TopicSystem } from '../../topology/contract/topic.ts'
import type { Topology } from '../../topology/topology.ts'
import { localJob } from './local-job.ts'
import { type RecordedLog, recordingLogger } from './silent.ts'

export interface InMemoryOptions {
  readonly files?: MemoryFiles
  readonly checkpointIntervalMs?: number
  /** @default 'latest' */
  readonly until?: 'latest' | 'stopped'
  readonly drain?: boolean
  readonly log?: RecordedLog[]
  readonly clock?: Clock
  readonly fromSavepoint?: string
  readonly parallelism?: number
  readonly workers?: number
  /** @default none */
  readonly restart?: RestartSettings
  readonly checkpoints?: Partial<CheckpointSettings>
  readonly metrics?: JobOptions['metrics']
  /** @default none */
  readonly endpoints?: EndpointSystem
  /** @default none */
  readonly topics?: TopicSystem
  /** @default JSON, whatever the format */
  readonly serdes?: SerdeSystem
}

export function startInMemory(job: Topology, options: InMemoryOptions = {}): Promise<JobMaster> {
  const logger = recordingLogger(options.log)
  const files = options.files ?? memoryFiles()
  return runJob({
    ...localJob({
      topology: job,
      store: new CheckpointStore({ files, root: `memory:///${job.name}`, logger }),
      connections: {
        topics: options.topics ?? unused('topics'),
        tables: unused('tables'),
        endpoints: options.endpoints ?? unused('endpoints'),
        serdes: options.serdes ?? jsonSerdes,
      },
      clock: options.clock ?? systemClock,
      logger,
      ...(options.metrics === undefined ? {} : { metrics: options.metrics }),
    }),
    parallelism: options.parallelism ?? 1,
    workers: options.workers ?? 1,
    restart: options.restart ?? { type: 'none' },
    checkpoints: { intervalMs: options.checkpointIntervalMs ?? 3_600_000, ...options.checkpoints },
    bounds: options.until === 'stopped' ? {} : { until: 'latest' },
    drain: options.drain ?? false,
    ...(options.fromSavepoint === undefined ? {} : { fromSavepoint: options.fromSavepoint }),
  })
}

/** Runs to the end of its input. */
export async function runInMemory(job: Topology, options: InMemoryOptions = {}) {
  return (await startInMemory(job, options)).done
}

function unused(what: string): never {
  return new Proxy(
    {},
    {
      get: () => {
        throw new Error(`a job in memory has no ${what}`)
      },
    },
  ) as never
}
