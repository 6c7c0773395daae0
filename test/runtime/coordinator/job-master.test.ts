/** What an attempt must not go on from (a worker that was lost too early, a checkpoint whose commit failed), and what a job must not wait for. */
import { describe, expect, it } from 'vitest'
import { memoryFiles } from '../../../connectors/memory/memory-files.ts'
import { type MemorySink, memorySink } from '../../../connectors/memory/memory-sink.ts'
import { memorySource } from '../../../connectors/memory/memory-source.ts'
import { CheckpointStore } from '../../../runtime/checkpoint/checkpoint-store.ts'
import { JobMaster } from '../../../runtime/coordinator/job-master.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import type { Source } from '../../../topology/contract/source.ts'
import { SluiceError } from '../../../topology/errors.ts'
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

describe('surroundings that refuse a job', () => {
  const restart = { type: 'fixed-delay', attempts: 5, delayMs: 0 } as const
  const files = memoryFiles()
  const sink = memorySink<Row>('ids')
  /** Its source refuses the first attempts. */
  function refused(attempts: number) {
    let refusals = 0
    const source = memorySource({ splits: ROWS })
    const away: Source = {
      ...source,
      async discoverSplits(bounds) {
        if (refusals++ < attempts) throw new SluiceError('KAFKA_UNREACHABLE', 'Kafka is not reached', {})
        return source.discoverSplits(bounds)
      },
    }
    return topology('refused', ({ fromSource }) => fromSource<Row>('rows', () => away).pipe(to(sink)))
  }

  it('end one that has never run: whoever submits it is told', async () => {
    await expect(startInMemory(refused(1), { files, restart })).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' })
  })

  it('are waited for by one that has, also in a process before', async () => {
    await (await startInMemory(refused(0), { files, restart })).done
    const run = await startInMemory(refused(2), { files, restart })
    expect((await run.done).state).toBe('FINISHED')
    expect(run.restarts).toBe(2)
  })
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
