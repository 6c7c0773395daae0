/** What one attempt of a job leaves to the next: workers that are lost in between, commits that are under way. */
import { expect, it } from 'vitest'
import { memoryFiles } from '../../../connectors/memory/memory-files.ts'
import { memorySource } from '../../../connectors/memory/memory-source.ts'
import { CheckpointStore } from '../../../runtime/checkpoint/checkpoint-store.ts'
import { JobMaster } from '../../../runtime/coordinator/job-master.ts'
import type { WorkerHandle } from '../../../runtime/coordinator/launcher.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import type { CommitRequest, FenceRequest } from '../../../topology/contract/sink.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { localJob } from '../../support/local-job.ts'
import { until } from '../../support/run-process.ts'
import { recordingLogger } from '../../support/silent.ts'

interface Committing {
  fence?(request: FenceRequest): Promise<void>
  commit?(request: CommitRequest): Promise<void>
}

const nothing = async () => {}

/** A job of two workers in this process, whose handles are known, over a sink that commits as it is told. */
function jobMaster({ fence = nothing, commit = nothing }: Committing) {
  const handles: WorkerHandle[] = []
  const sink = {
    name: 'told',
    create: () => ({
      createWriter: async () => ({ write() {}, prepareCommit: async () => [], close: nothing }),
      createCommitter: async () => ({ fence, commit, close: nothing }),
      close: nothing,
    }),
  }
  const job = topology('told', ({ fromSource }) => {
    fromSource<{ id: number }>('ids', () => memorySource({ splits: [[{ id: 1 }], [{ id: 2 }]] })).pipe(
      to<{ id: number }>(sink),
    )
  })
  const options = localJob({
    topology: job,
    store: new CheckpointStore({ files: memoryFiles(), root: 'memory:///told', logger: recordingLogger() }),
    connections: { topics: undefined as never, tables: undefined as never },
    clock: systemClock,
    logger: recordingLogger(),
  })
  const { launcher } = options.pool
  const master = new JobMaster({
    ...options,
    parallelism: 2,
    workers: 2,
    pool: {
      ...options.pool,
      launcher: {
        ...launcher,
        async launch(...worker) {
          const handle = await launcher.launch(...worker)
          handles.push(handle)
          return handle
        },
      },
    },
    checkpoints: { intervalMs: 3_600_000 },
    restart: { type: 'fixed-delay', attempts: 3, delayMs: 1 },
  })
  return { master, handles }
}

it('a worker that is lost while sinks are fenced is replaced before tasks are deployed', async () => {
  const { master, handles } = jobMaster({
    async fence() {
      if (handles.length > 2) return
      await until('two workers', () => master.pool.running.length === 2)
      handles[0]!.kill()
      await until('one worker to be lost', () => master.pool.running.length === 1)
    },
  })
  await master.start()
  expect(handles.length).toBe(3)
  expect(master.restarts).toBe(0)
  await master.stop()
})

it('a commit under way when an attempt fails has ended before the next one fences, and keeps its epoch', async () => {
  const events: string[] = []
  const committing = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const { master, handles } = jobMaster({
    async fence({ epoch }) {
      events.push(`fence ${epoch}`)
    },
    async commit(request) {
      if (events.length > 1) return
      events.push('commit begins')
      committing.resolve()
      await goOn.promise
      events.push(`commit of epoch ${request.epoch} ends`)
    },
  })
  await master.start()
  const taken = master.trigger('checkpoint')
  await committing.promise
  handles[0]!.kill()
  await until('the loss to be noticed', () => master.pool.running.length === 1)
  // Time enough for an attempt that would not wait.
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve))
  goOn.resolve()
  await taken
  await until('the next attempt', () => master.restarts === 1 && master.state === 'RUNNING')
  expect(events).toEqual(['fence 1', 'commit begins', 'commit of epoch 1 ends', 'fence 2'])
  await master.stop()
})
