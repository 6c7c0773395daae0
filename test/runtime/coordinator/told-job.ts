/** A job over two splits with workers in this process, whose handles are known, and a sink that does as a test tells it. */
import { memoryFiles } from '../../../connectors/memory/memory-files.ts'
import { memorySink } from '../../../connectors/memory/memory-sink.ts'
import { memorySource } from '../../../connectors/memory/memory-source.ts'
import { CheckpointStore } from '../../../runtime/checkpoint/checkpoint-store.ts'
import { JobMaster } from '../../../runtime/coordinator/job-master.ts'
import type { JobOptions } from '../../../runtime/coordinator/job-options.ts'
import type { Launcher, WorkerHandle } from '../../../runtime/coordinator/launcher.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import type { CommitRequest, FenceRequest, SinkWriter, WriterContext } from '../../../topology/contract/sink.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { localJob } from '../../support/local-job.ts'
import { type RecordedLog, recordingLogger } from '../../support/silent.ts'

interface Row {
  readonly id: number
}

/** Called before the sink does the same; what they throw, it throws. */
export interface Told {
  fence?(request: FenceRequest): Promise<void>
  commit?(request: CommitRequest): Promise<void>
  openWriter?(context: WriterContext): Promise<Partial<SinkWriter>>
  closeCommitter?(): Promise<void>
  closeSink?(): Promise<void>
  /** In place of a launch. */
  launch?: Launcher['launch']
  readonly options?: Partial<JobOptions>
}

const nothing = async () => {}

export function toldJob({
  fence = nothing,
  commit = nothing,
  openWriter = async () => ({}),
  closeCommitter = nothing,
  closeSink = nothing,
  launch,
  options = {},
}: Told) {
  const handles: WorkerHandle[] = []
  const log: RecordedLog[] = []
  const memory = memorySink<Row>('told')
  const sink = {
    name: 'told',
    create: () => {
      const created = memory.create()
      return {
        createWriter: async (context: WriterContext) => {
          const calls = await openWriter(context)
          return { ...(await created.createWriter(context)), ...calls }
        },
        createCommitter: async (context: Parameters<typeof created.createCommitter>[0]) => {
          const committer = await created.createCommitter(context)
          return {
            ...committer,
            async fence(request: FenceRequest) {
              await fence(request)
              await committer.fence(request)
            },
            async commit(request: CommitRequest) {
              await commit(request)
              await committer.commit(request)
            },
            async close() {
              await closeCommitter()
              await committer.close()
            },
          }
        },
        close: closeSink,
      }
    },
  }
  const job = topology('told', ({ fromSource }) => {
    fromSource<Row>('ids', () => memorySource({ splits: [[{ id: 1 }], [{ id: 2 }]] })).pipe(to<Row>(sink))
  })
  const logger = recordingLogger(log)
  const local = localJob({
    topology: job,
    store: new CheckpointStore({ files: memoryFiles(), root: 'memory:///told', logger }),
    connections: {
      topics: undefined as never,
      tables: undefined as never,
      endpoints: undefined as never,
      serdes: undefined as never,
    },
    clock: systemClock,
    logger,
  })
  const { launcher } = local.pool
  const master = new JobMaster({
    ...local,
    parallelism: 2,
    workers: 2,
    pool: {
      ...local.pool,
      launcher: {
        ...launcher,
        async launch(...worker) {
          const handle = await (launch ?? launcher.launch)(...worker)
          handles.push(handle)
          return handle
        },
      },
    },
    checkpoints: { intervalMs: 3_600_000 },
    restart: { type: 'fixed-delay', attempts: 3, delayMs: 1 },
    ...options,
  })
  return { master, handles, log, committed: () => memory.committed.map(({ id }) => id).sort() }
}
