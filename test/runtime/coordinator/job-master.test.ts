/** What an attempt must not go on from: a worker that was lost too early, a checkpoint whose commit failed. */
import { expect, it } from 'vitest'
import { memoryFiles } from '../../../connectors/memory/memory-files.ts'
import { type MemorySink, memorySink } from '../../../connectors/memory/memory-sink.ts'
import { memorySource } from '../../../connectors/memory/memory-source.ts'
import { CheckpointStore } from '../../../runtime/checkpoint/checkpoint-store.ts'
import { JobMaster } from '../../../runtime/coordinator/job-master.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import type { Source } from '../../../topology/contract/source.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { localJob } from '../../support/local-job.ts'
import { startInMemory } from '../../support/run-in-memory.ts'
import { recordingLogger } from '../../support/silent.ts'

interface Row {
  readonly id: number
}

const ROWS: readonly (readonly Row[])[] = [[{ id: 1 }, { id: 2 }]]

it('a worker that is lost while the attempt is prepared is replaced', async () => {
  const sink = memorySink<Row>('ids')
  const source = memorySource({ splits: ROWS })
  const losing: Source = {
    ...source,
    // The last step before the tasks are deployed.
    async discoverSplits(bounds) {
      const [session] = await master.pool.ready(1)
      if (session!.name === 'w1') master.pool.discard(session!, 'it was killed')
      return source.discoverSplits(bounds)
    },
  }
  const logger = recordingLogger()
  const master = new JobMaster({
    ...localJob({
      topology: topology('losing', ({ fromSource }) => fromSource<Row>('rows', () => losing).pipe(to(sink))),
      store: new CheckpointStore({ files: memoryFiles(), root: 'memory:///losing', logger }),
      connections: {} as never,
      clock: systemClock,
      logger,
    }),
    checkpoints: { intervalMs: 3_600_000 },
    bounds: { until: 'latest' },
  })
  await master.start()
  expect((await master.done).state).toBe('FINISHED')
  expect(sink.committed).toEqual(ROWS.flat())
})

it('a savepoint whose commit fails ends the attempt: what it owes would be passed over by the next checkpoint', async () => {
  const sink = failingOnce(memorySink<Row>('ids'))
  const job = topology('owing', ({ fromSource }) => {
    fromSource<Row>('rows', () => memorySource({ splits: ROWS })).pipe(to(sink))
  })
  const restart = { type: 'fixed-delay', attempts: 1, delayMs: 0 } as const
  const run = await startInMemory(job, { until: 'stopped', restart })
  await expect.poll(() => run.attempt?.tasks.size, { timeout: 10_000 }).toBe(1)
  await expect(run.trigger('savepoint')).rejects.toThrow('no reply')
  await expect.poll(() => run.restarts, { timeout: 10_000 }).toBe(1)
  await expect.poll(() => run.state, { timeout: 10_000 }).toBe('RUNNING')
  await run.stop()
  expect(sink.committed).toEqual(ROWS.flat())
})

/** The first commit of `sink` fails. */
function failingOnce(sink: MemorySink<Row>): MemorySink<Row> {
  let failures = 0
  return {
    ...sink,
    create() {
      const created = sink.create()
      return {
        ...created,
        async createCommitter(context) {
          const committer = await created.createCommitter(context)
          return {
            ...committer,
            async commit(request) {
              if (failures++ === 0) throw new Error('no reply')
              await committer.commit(request)
            },
          }
        },
      }
    },
  }
}
