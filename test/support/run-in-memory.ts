/** Runs a topology with sources and sinks of its own in this process, on files in memory. */

import { type MemoryFiles, memoryFiles } from '../../connectors/memory/memory-files.ts'
import { CheckpointStore } from '../../runtime/checkpoint/checkpoint-store.ts'
import { runJob } from '../../runtime/coordinator/run-job.ts'
import { systemClock } from '../../runtime/time/system-clock.ts'
import type { Clock } from '../../topology/contract/clock.ts'
import type { JobRun } from '../../topology/contract/job-control.ts'
import { compile } from '../../topology/plan/compile.ts'
import type { Topology } from '../../topology/topology.ts'
import { type RecordedLog, recordingLogger, silentMetrics } from './silent.ts'

export interface InMemoryOptions {
  readonly files?: MemoryFiles
  readonly checkpointIntervalMs?: number
  /** @default 'latest' */
  readonly until?: 'latest' | 'stopped'
  readonly drain?: boolean
  readonly log?: RecordedLog[]
  readonly clock?: Clock
  readonly fromSavepoint?: string
}

export function startInMemory(job: Topology, options: InMemoryOptions = {}): Promise<JobRun> {
  const logger = recordingLogger(options.log)
  const files = options.files ?? memoryFiles()
  return runJob({
    plan: compile(job),
    store: new CheckpointStore({ files, root: `memory:///${job.name}`, logger }),
    connections: { topics: unused('topics'), tables: unused('tables') },
    clock: options.clock ?? systemClock,
    logger,
    metrics: () => silentMetrics,
    checkpointIntervalMs: options.checkpointIntervalMs ?? 3_600_000,
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
